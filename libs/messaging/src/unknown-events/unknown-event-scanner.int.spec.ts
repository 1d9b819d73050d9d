import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ScannerBench } from '../testing/scanner-bench.test-support.ts';

let bench: ScannerBench;

beforeAll(async () => {
  bench = await ScannerBench.start();
});

afterEach(async () => {
  await bench.reset();
});

afterAll(async () => {
  await bench.stop();
});

describe('an event that no contract knows', () => {
  it('is kept whole: its body up to the broker’s limit, and its headers', async () => {
    bench.startScanner();
    const body = Buffer.alloc(1_000_000, 'abcdefg');
    const sequence = await bench.publish('frobnicated', 'm1', body);
    await bench.deadLetterIds(1);
    const [row] = await bench.deadLetters();
    expect(row).toMatchObject({ message_id: 'm1', stream_seq: sequence, headers: { colour: 'blue' } });
    expect(row?.payload.equals(body)).toBe(true);
  });

  it('is found among more than are read at once, wherever it is', async () => {
    await bench.publish('frobnicated', 'first');
    await bench.publishMany('known', 'a', 2_500);
    await bench.publish('frobnicated', 'middle');
    await bench.publishMany('known', 'b', 2_500);
    await bench.publish('frobnicated', 'last');
    bench.startScanner();
    expect(await bench.deadLetterIds(3)).toEqual(['first', 'middle', 'last']);
  });

  it('is kept once when there are more of them than are written at once', async () => {
    await bench.publishMany('frobnicated', 'x', 250);
    bench.startScanner();
    expect(new Set(await bench.deadLetterIds(250)).size).toBe(250);
  });

  it('is kept when many of them are large', async () => {
    const body = Buffer.alloc(900_000, 'abcdefg');
    for (let n = 0; n < 12; n++) await bench.publish('frobnicated', `m${String(n)}`, body);
    bench.startScanner();
    await bench.deadLetterIds(12);
    const sizes = await bench.tables.database.query(
      'SELECT DISTINCT length(payload) AS size FROM messaging.parked',
    );
    expect(sizes).toEqual([{ size: body.length }]);
  });

  it('is named in the log when it was deleted before it could be kept, and the others are kept', async () => {
    await bench.publishMany('frobnicated', 'x', 150);
    const lock = await bench.lockParked();
    const { log } = bench.startScanner();
    await bench.untilWriting();
    await bench.jet.manager.streams.deleteMessage(bench.stream, 140);
    await lock.commit();
    await bench.deadLetterIds(149);
    expect(log.entries).toContainEqual(
      expect.objectContaining({ level: 'error', fields: expect.objectContaining({ sequence: 140 }) }),
    );
  });

  it('is counted and logged once, however often the stream is read', async () => {
    await bench.publish('frobnicated', 'm1');
    const { scanner, counts } = bench.startScanner();
    await bench.untilRead(1);
    await scanner.stop();
    expect(counts.dead).toBe(1);
    await bench.tables.database.query('DELETE FROM messaging.unrouted_cursor');
    const again = bench.startScanner();
    await bench.untilRead(1);
    await again.scanner.stop();
    expect(again.counts.dead).toBe(0);
    expect(again.log.entries).toEqual([]);
    await bench.deadLetterIds(1);
  });
});
