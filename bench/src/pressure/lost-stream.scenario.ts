import { forgetPeak, peakMemory } from '../backlog/process-memory.ts';
import { fillOutbox } from './outbox-filling.ts';
import { PRESSURE } from './pressed-event.ts';
import { countOf } from './pressure-tables.ts';
import { atMost, exactly, type Finding, type Scenario } from './scenario.ts';
import { type Stage, until, withBroker, type World } from './stage.ts';

const ROWS = 2_000_000;
const STATEMENT_TIMEOUT_MS = 1_000;
/** The second half may need so much of what the first half needed. */
const FLAT = 1.25;

const UNPUBLISHED = `SELECT count(*)::int AS count FROM (SELECT FROM messaging.outbox WHERE stream = 'PRESSURE' LIMIT 1) AS row`;
/** As if they had been published one after another: the stream has had these sequences. */
const PUBLISHED = `
  INSERT INTO messaging.published (slot, stream, incarnation, sequence, outbox_id, message_id, subject, key, headers, payload)
  SELECT (SELECT current FROM messaging.published_slot), stream, $1, row_number() OVER (ORDER BY id), id, message_id,
    subject, key, headers, payload
  FROM messaging.outbox WHERE stream = 'PRESSURE'`;

async function streamState(world: World): Promise<{ created: string; messages: number }> {
  return await withBroker(world, async ({ manager }) => {
    const { created, state } = await manager.streams.info(PRESSURE.name);
    return { created, messages: state.messages };
  });
}

async function run(stage: Stage): Promise<Finding[]> {
  const world = await stage.world('lost');
  const { database } = world;
  await database.query(`ALTER DATABASE lost SET statement_timeout = '${STATEMENT_TIMEOUT_MS}'`);
  const options = { statementTimeoutMs: STATEMENT_TIMEOUT_MS, role: 'relay' } as const;
  const first = await stage.service(world, options);
  const { created } = await streamState(world);
  await first.stop();
  const { name: stream, prefix } = PRESSURE;
  const row = { stream, prefix, event: 'pressed', keyPrefix: 'user', keys: 10_000, textBytes: 50 };
  await fillOutbox(database, { ...row, count: ROWS });
  await database.query(PUBLISHED, [created]);
  await database.query('TRUNCATE messaging.outbox');
  await withBroker(world, ({ manager }) => manager.streams.delete(stream));
  stage.say(`  ${ROWS.toLocaleString('en-US')} published events, and their stream is gone`);
  const service = await stage.service(world, options);
  const beganAt = performance.now();
  const seconds = (): number => (performance.now() - beganAt) / 1_000;
  await until('the first one is published again', async () => (await streamState(world)).messages > 0);
  const [foundAfter, whileFound] = [seconds(), await peakMemory(service.pid)];
  stage.say(`  put back after ${foundAfter.toFixed(0)} s, peak ${whileFound.toFixed(0)} MiB`);
  await forgetPeak(service.pid);
  await until(
    'half of them are published again',
    async () => (await streamState(world)).messages >= ROWS / 2,
  );
  const firstHalf = await peakMemory(service.pid);
  await forgetPeak(service.pid);
  await until('all are published again', async () => (await streamState(world)).messages >= ROWS);
  await until('all are marked', async () => (await countOf(database, UNPUBLISHED)) === 0);
  const secondHalf = await peakMemory(service.pid);
  const took = `all back in the stream after ${seconds().toFixed(0)} s, of which ${foundAfter.toFixed(0)} s to put them back into the outbox`;
  const { messages } = await streamState(world);
  await service.stop();
  return [
    exactly(`messages in the stream; ${took}`, messages, ROWS),
    atMost('peak memory while they are put back', whileFound, MEMORY_MIB, 'MiB'),
    atMost(
      `peak memory while the second half is published (${secondHalf.toFixed(0)} MiB), to the first (${firstHalf.toFixed(0)} MiB)`,
      secondHalf / firstHalf,
      FLAT,
      'times',
    ),
  ];
}

/** A service that does nothing has 130 to 150. */
const MEMORY_MIB = 250;

export const lostStream: Scenario = {
  name: 'lost',
  title: '2,000,000 published events to reconcile after their stream was lost, statement_timeout 1 s',
  run,
};
