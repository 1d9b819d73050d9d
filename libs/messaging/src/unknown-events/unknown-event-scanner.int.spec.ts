import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { GuardBench } from '../testing/guard-bench.test-support.ts';

let bench: GuardBench;

beforeAll(async () => {
  bench = await GuardBench.start();
});

afterEach(async () => {
  await bench.reset();
});

afterAll(async () => {
  await bench.stop();
});

describe('an event that no contract knows', () => {
  it('is kept whole: its body up to the broker’s limit, and its headers', async () => {
    bench.startGuard();
    const body = Buffer.alloc(1_000_000, 'abcdefg');
    const sequence = await bench.publish('frobnicated', 'm1', body);
    await bench.buriedIds(1);
    const [row] = await bench.buried();
    expect(row).toMatchObject({ message_id: 'm1', stream_seq: sequence, headers: { colour: 'blue' } });
    expect(row?.payload.equals(body)).toBe(true);
  });

  it('is found among more than are read at once, wherever it is', async () => {
    await bench.publish('frobnicated', 'first');
    await bench.publishMany('known', 'a', 2_500);
    await bench.publish('frobnicated', 'middle');
    await bench.publishMany('known', 'b', 2_500);
    await bench.publish('frobnicated', 'last');
    bench.startGuard();
    expect(await bench.buriedIds(3)).toEqual(['first', 'middle', 'last']);
  });

  it('is kept once when there are more of them than are buried at once', async () => {
    await bench.publishMany('frobnicated', 'x', 250);
    bench.startGuard();
    expect(new Set(await bench.buriedIds(250)).size).toBe(250);
  });

  it('is kept when many of them are large', async () => {
    const body = Buffer.alloc(900_000, 'abcdefg');
    for (let n = 0; n < 12; n++) await bench.publish('frobnicated', `m${String(n)}`, body);
    bench.startGuard();
    await bench.buriedIds(12);
    const sizes = await bench.tables.database.query(
      'SELECT DISTINCT length(payload) AS size FROM messaging.parked',
    );
    expect(sizes).toEqual([{ size: body.length }]);
  });

  it('is named in the log when it was deleted before it could be kept, and the others are kept', async () => {
    await bench.publishMany('frobnicated', 'x', 150);
    const lock = await bench.lockParked();
    const { log } = bench.startGuard();
    await bench.untilBurying();
    await bench.jet.manager.streams.deleteMessage(bench.stream, 140);
    await lock.commit();
    await bench.buriedIds(149);
    expect(log.entries).toContainEqual(
      expect.objectContaining({ level: 'error', fields: expect.objectContaining({ sequence: 140 }) }),
    );
  });

  it('is counted and logged once, however often the stream is read', async () => {
    await bench.publish('frobnicated', 'm1');
    const { guard, counts } = bench.startGuard();
    await bench.untilRead(1);
    await guard.stop();
    expect(counts.dead).toBe(1);
    await bench.tables.database.query('DELETE FROM messaging.unrouted_cursor');
    const again = bench.startGuard();
    await bench.untilRead(1);
    await again.guard.stop();
    expect(again.counts.dead).toBe(0);
    expect(again.log.entries).toEqual([]);
    await bench.buriedIds(1);
  });
});
