import { besideCalm } from './beside-calm.ts';
import { fillOutbox } from './outbox-filling.ts';
import { BULK, PRESSURE } from './pressed-event.ts';
import { countOf } from './pressure-tables.ts';
import { exactly, type Finding, type Scenario } from './scenario.ts';
import { type Stage, withBroker, type World } from './stage.ts';

const ROWS = 10_000_000;

const WAITING = `SELECT count(*)::int AS count FROM messaging.outbox WHERE stream = 'BULK'`;

interface Hot {
  readonly stream: string;
  readonly prefix: string;
  readonly event: string;
}

async function fill({ database }: World, { stream, prefix, event }: Hot, stage: Stage): Promise<void> {
  const beganAt = performance.now();
  await fillOutbox(database, { stream, prefix, event, keyPrefix: 'hot', keys: 1, count: ROWS, textBytes: 1 });
  const seconds = (performance.now() - beganAt) / 1_000;
  stage.say(`  ${ROWS.toLocaleString('en-US')} rows of one key in ${seconds.toFixed(0)} s`);
}

/** The first event of the key was refused by the broker: the key waits for an operator, in the stream of the others. */
async function keyWaits(stage: Stage, calm: World): Promise<Finding[]> {
  const pressed = await stage.world('refused');
  const { name: stream, prefix } = PRESSURE;
  await fill(pressed, { stream, prefix, event: 'nobody-takes' }, stage);
  await pressed.database.query(
    `UPDATE messaging.outbox SET state = 'refused', refused_at = now(), reason = 'too large' WHERE id = (SELECT min(id) FROM messaging.outbox)`,
  );
  return await besideCalm(stage, 'the key waits for an operator', { calm, pressed });
}

/** Its stream is full. Of the limits of a stream the service sets the bytes at each boot, and leaves the messages to operators. */
async function streamIsFull(stage: Stage, calm: World): Promise<Finding[]> {
  const pressed = await stage.world('full');
  await (await stage.service(pressed)).stop();
  await withBroker(pressed, async ({ manager }) => {
    await manager.streams.update(BULK.name, { max_msgs: 1 });
  });
  await fill(pressed, { stream: BULK.name, prefix: BULK.prefix, event: 'piled' }, stage);
  const findings = await besideCalm(stage, 'its stream is full', { calm, pressed });
  const left = await countOf(pressed.database, WAITING);
  return [...findings, exactly('events that still wait, beside the one that filled it', left, ROWS - 1)];
}

/** It is published as fast as it goes. */
async function keyIsPublished(stage: Stage, calm: World): Promise<Finding[]> {
  const pressed = await stage.world('published');
  await fill(pressed, { stream: BULK.name, prefix: BULK.prefix, event: 'piled' }, stage);
  return await besideCalm(stage, 'the key is being published', { calm, pressed });
}

/** Each fills a database of its own, which takes minutes. */
const scenario = (
  name: string,
  title: string,
  findings: (stage: Stage, calm: World) => Promise<Finding[]>,
): Scenario => ({
  name,
  title: `10,000,000 waiting events of one key ${title}, while others publish`,
  run: async (stage) => await findings(stage, await stage.world('calm')),
});

export const hotKeys: readonly Scenario[] = [
  scenario('hot-refused', 'whose first one was refused', keyWaits),
  scenario('hot-full', 'of a stream that is full', streamIsFull),
  scenario('hot-published', 'that are being published', keyIsPublished),
];
