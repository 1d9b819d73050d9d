import type { Database } from '@orderflow/database';
import { DEAD_LETTERS } from '@orderflow/messaging';
import { besideCalm } from './beside-calm.ts';
import { fillDeferred } from './deferred-filling.ts';
import { keepAdding } from './load.ts';
import { fillOutbox } from './outbox-filling.ts';
import { POISON } from './pressed.handlers.ts';
import { countOf } from './pressure-tables.ts';
import { exactly, type Finding, type Scenario } from './scenario.ts';
import { type Stage, withBroker, type World } from './stage.ts';

const DEAD = 100_000;
const PER_SECOND = 50;

const COPIES = `SELECT count(*)::int AS count FROM messaging.outbox WHERE stream = 'DEAD_LETTERS'`;
const RECORDED = `SELECT count(*)::int AS count FROM messaging.parked WHERE state = 'dead'`;

/** Its limit is below what it holds. An operator's limit survives: the service does not change it. */
async function fillStream(world: World): Promise<void> {
  await withBroker(world, async ({ manager }) => {
    await manager.streams.update(DEAD_LETTERS.name, { max_bytes: 1 });
  });
}

/** As if they had failed one after another, each of a key of its own. */
async function fill(database: Database): Promise<void> {
  const [partitions, keyPrefix] = [16, `${POISON}a`];
  const keysEach = DEAD / partitions;
  await fillDeferred(database, {
    keyPrefix,
    partitions,
    keysEach,
    messagesOfKey: 1,
    state: 'dead',
    due: '0 s',
  });
  const copies = { stream: DEAD_LETTERS.name, prefix: DEAD_LETTERS.prefix, event: 'pressed' };
  await fillOutbox(database, { ...copies, keyPrefix, keys: DEAD, count: DEAD, textBytes: 200 });
}

async function run(stage: Stage): Promise<Finding[]> {
  const [calm, pressed] = [await stage.world('calm'), await stage.world('dead')];
  const { database } = pressed;
  // Makes the streams.
  await (await stage.service(pressed)).stop();
  await fillStream(pressed);
  await fill(database);
  const quiet = await besideCalm(stage, 'nothing more arrives', { calm, pressed });
  const load = (world: World) => async (signal: AbortSignal) => {
    const poison = { event: 'pressed', keyPrefix: POISON, keys: 5, perSecond: PER_SECOND };
    await keepAdding(world.database, poison, signal);
  };
  // The same in both: what a dead letter costs its neighbours is not the point here.
  const arriving = await besideCalm(stage, `${PER_SECOND} more a second arrive, in calm as well`, {
    calm,
    pressed,
    whileCalm: load(calm),
    whilePressed: load(pressed),
  });
  const findings = [...quiet, ...arriving];
  const more = (await countOf(database, RECORDED)) - DEAD;
  const copies = await countOf(database, COPIES);
  return [
    exactly(`copies wait for DEAD_LETTERS, ${more} more dead letters came`, copies, DEAD + more),
    ...findings,
  ];
}

export const fullDeadLetters: Scenario = {
  name: 'dead',
  title: '100,000 dead letters while DEAD_LETTERS is full, and more arrive',
  run,
};
