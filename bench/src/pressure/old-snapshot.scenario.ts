import { Database } from '@orderflow/database';
import { type PartHandle, partModule, startPart } from '../part/part-handle.ts';
import { median } from '../report/statistics.ts';
import { fillOutbox } from './outbox-filling.ts';
import { PRESSURE } from './pressed-event.ts';
import { countOf } from './pressure-tables.ts';
import { atMost, type Finding, type Scenario } from './scenario.ts';
import { type Stage, until, type World } from './stage.ts';

const ROWS = 900_000;
const LOOKS = 300;

const startRelay = ({ nats, postgres }: World): Promise<PartHandle> =>
  startPart({
    module: partModule('./looks.part', import.meta.url),
    options: { nats: nats.url, postgres },
  });

async function publish({ database }: World, stage: Stage): Promise<void> {
  const { name, prefix } = PRESSURE;
  const row = { stream: name, prefix, event: 'pressed', keyPrefix: 'user', keys: 5_000, textBytes: 50 };
  await fillOutbox(database, { ...row, count: ROWS });
  const isEmpty = async (): Promise<boolean> =>
    (await countOf(
      database,
      'SELECT count(*)::int AS count FROM (SELECT FROM messaging.outbox LIMIT 1) AS row',
    )) === 0;
  const tookMs = await until('all rows are published', isEmpty);
  stage.say(`  ${ROWS.toLocaleString('en-US')} rows published in ${(tookMs / 1_000).toFixed(0)} s`);
}

async function looksOf(relay: PartHandle): Promise<number> {
  const { latencies = new Float64Array() } = await relay.go({ count: LOOKS });
  return median([...latencies]);
}

/** Nothing that is deleted while its transaction is open can be removed. */
async function holdSnapshot({ postgres }: World): Promise<() => Promise<void>> {
  const database = new Database({
    url: postgres,
    applicationName: 'old snapshot',
    idleInTransactionTimeoutMs: 0,
  });
  const [begun, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const held = database.transaction(async (tx) => {
    await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    await tx.query('SELECT count(*) FROM messaging.outbox');
    begun.resolve();
    await ended.promise;
  });
  await Promise.race([begun.promise, held]);
  return async () => {
    ended.resolve();
    await held;
    await database.close();
  };
}

async function run(stage: Stage): Promise<Finding[]> {
  const [empty, pressed] = [await stage.world('empty'), await stage.world('published')];
  const release = await holdSnapshot(pressed);
  const relays = { empty: await startRelay(empty), pressed: await startRelay(pressed) };
  await publish(pressed, stage);
  const looks: { empty: number; pressed: number }[] = [];
  for (let turn = 0; turn < 5; turn++)
    looks.push({ empty: await looksOf(relays.empty), pressed: await looksOf(relays.pressed) });
  await relays.pressed.stop();
  const beganAt = performance.now();
  const next = await startRelay(pressed);
  const { latencies = new Float64Array() } = await next.go({ count: 5 });
  stage.say(`  looks of the next relay: ${[...latencies].map((ms) => ms.toFixed(1)).join(' ')} ms`);
  const tookMs = performance.now() - beganAt;
  const again = await looksOf(next);
  await next.stop();
  await relays.empty.stop();
  await release();
  const [emptyMs, pressedMs] = [
    median(looks.map((look) => look.empty)),
    median(looks.map((look) => look.pressed)),
  ];
  const name = (ms: number): string =>
    `a look ${ms.toFixed(2)} ms, at an empty outbox ${emptyMs.toFixed(2)} ms`;
  return [
    atMost(name(pressedMs), pressedMs / emptyMs, 1.5, 'times'),
    atMost(`of the next relay: ${name(again)}`, again / emptyMs, 1.5, 'times'),
    atMost('the next relay has begun and looked five times after', tookMs, 5_000, 'ms'),
  ];
}

export const oldSnapshot: Scenario = {
  name: 'snapshot',
  title: '900,000 published events while an old snapshot is held: what a look at the outbox costs',
  run,
};
