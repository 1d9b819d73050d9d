import { AckPolicy } from '@nats-io/jetstream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { busyBound, eventually } from '@orderflow/testing';
import { ScannerBench } from '../testing/scanner-bench.test-support.ts';
import { cutWaitingSessions } from '../testing/messaging-database.test-support.ts';

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

async function readTwentyAndStop(): Promise<void> {
  const { scanner } = bench.startScanner();
  await bench.publishMany('known', 'a', 20);
  await bench.untilRead(20);
  await scanner.stop();
}

describe('reading a stream for events that no contract knows', () => {
  it('takes subjects and headers only, and acknowledges nothing', async () => {
    bench.startScanner();
    await bench.untilRead(await bench.publish('known', 'm1', 'a body'));
    expect((await bench.newestConsumer())?.config).toMatchObject({
      ack_policy: AckPolicy.None,
      headers_only: true,
      mem_storage: true,
    });
  });

  it('goes on where the last instance stopped', async () => {
    const { scanner: first } = bench.startScanner();
    await bench.publishMany('known', 'a', 10);
    await bench.untilRead(10);
    await first.stop();
    await bench.publish('frobnicated', 'm1');
    bench.startScanner();
    expect(await bench.deadLetterIds(1)).toEqual(['m1']);
    expect((await bench.newestConsumer())?.config.opt_start_seq).toBe(11);
  });

  it('is stopped at once while it waits for a message', async () => {
    const { scanner } = bench.startScanner();
    await bench.untilWaiting();
    const startedAt = performance.now();
    await scanner.stop();
    expect(performance.now() - startedAt).toBeLessThan(busyBound(2_000));
  });

  it('begins again when it is started while it stops', async () => {
    const { scanner } = bench.startScanner();
    await bench.untilWaiting();
    const stopped = scanner.stop();
    scanner.start();
    await stopped;
    await bench.publish('frobnicated', 'm1');
    expect(await bench.deadLetterIds(1)).toEqual(['m1']);
  });

  it('looks at a message again whose dead letter could not be committed', async () => {
    const lock = await bench.lockParked();
    await bench.publish('known', 'm1');
    await bench.publish('frobnicated', 'm2');
    bench.startScanner();
    await bench.untilWriting();
    await cutWaitingSessions(bench.tables.database);
    expect(await bench.cursor()).toBe(0);
    await lock.commit();
    expect(await bench.deadLetterIds(1)).toEqual(['m2']);
    await bench.untilRead(2);
  });

  it('goes on when the broker has restarted', async () => {
    bench.startScanner();
    await bench.untilRead(await bench.publish('known', 'm1'));
    await bench.jet.restart();
    await eventually(() => bench.publish('frobnicated', 'm2'), { what: 'published' });
    expect(await bench.deadLetterIds(1)).toEqual(['m2']);
  });

  it('goes on when somebody has deleted its consumer', async () => {
    bench.startScanner();
    await bench.untilRead(await bench.publish('known', 'm1'));
    const consumer = await bench.newestConsumer();
    await bench.jet.manager.consumers.delete(bench.stream, consumer?.name ?? '');
    await bench.publish('frobnicated', 'm2');
    expect(await bench.deadLetterIds(1)).toEqual(['m2']);
  });

  describe('when a message was lost on the way', () => {
    /** Another reader of the same consumer gets it. */
    const lose = async (): Promise<void> => {
      const consumer = await bench.newestConsumer();
      const another = await bench.jet.another();
      const thief = await another.client.consumers.get(bench.stream, consumer?.name ?? '');
      await bench.untilWaiting();
      const stolen = thief.next({ expires: 5_000 });
      await bench.untilWaiting(2);
      await bench.publish('known', 'm2');
      await bench.publish('frobnicated', 'm3');
      expect((await stolen)?.seq).toBe(3);
    };

    it('looks at it when the next one comes', async () => {
      bench.startScanner();
      await bench.untilRead(await bench.publish('known', 'm1'));
      await lose();
      await bench.publish('known', 'm4');
      expect(await bench.deadLetterIds(1)).toEqual(['m3']);
    });

    it('looks at it although no other one comes', async () => {
      bench.startScanner();
      await bench.untilRead(await bench.publish('known', 'm1'));
      await lose();
      expect(await bench.deadLetterIds(1)).toEqual(['m3']);
    });
  });

  it('ends with what is being kept when it is stopped, and the next one goes on from there', async () => {
    await bench.publishMany('frobnicated', 'x', 150);
    const lock = await bench.lockParked();
    const { scanner } = bench.startScanner();
    await bench.untilWriting();
    const stopped = scanner.stop();
    await lock.commit();
    await stopped;
    await bench.deadLetterIds(100);
    expect(await bench.cursor()).toBe(100);
    bench.startScanner();
    expect(new Set(await bench.deadLetterIds(150)).size).toBe(150);
  });

  it('goes on when the broker was silent', async () => {
    bench.startScanner();
    await bench.untilRead(await bench.publish('known', 'm1'));
    await bench.jet.frozen(async () => {
      for await (const { type } of bench.jet.broker.connection.status()) if (type === 'disconnect') return;
    });
    await bench.publish('frobnicated', 'm2');
    expect(await bench.deadLetterIds(1)).toEqual(['m2']);
  });

  it('is known to fail while there is no stream', async () => {
    const { scanner } = bench.startScanner();
    await bench.untilRead(await bench.publish('known', 'm1'));
    expect(scanner.failing).toBe(false);
    await bench.deleteStream();
    await eventually(() => scanner.failing, { what: 'it fails' });
    await bench.makeStream();
    await bench.publish('frobnicated', 'm2');
    await bench.deadLetterIds(1);
    await eventually(() => !scanner.failing, { what: 'it reads again' });
  });

  it('begins anew when the broker lost the end of the stream', async () => {
    const { scanner } = bench.startScanner();
    await bench.publishMany('frobnicated', 'a', 20);
    await bench.untilRead(20);
    await scanner.stop();
    // What the database says when fifty more had been stored, looked at, and forgotten by the broker.
    await bench.tables.database.query('UPDATE messaging.unrouted_cursor SET sequence = sequence + 50');
    await bench.publish('frobnicated', 'm1');
    const { log } = bench.startScanner();
    await bench.deadLetterIds(21);
    expect(log.entries).toContainEqual(
      expect.objectContaining({ level: 'warn', message: expect.stringMatching(/lost its end/) }),
    );
  });

  it('begins anew when the stream was made again', async () => {
    await readTwentyAndStop();
    await bench.makeStreamAgain();
    await bench.publish('frobnicated', 'm1');
    bench.startScanner();
    expect(await bench.deadLetterIds(1)).toEqual(['m1']);
  });

  it('begins anew when the stream was made again and has grown past the place where it was', async () => {
    await readTwentyAndStop();
    await bench.makeStreamAgain();
    await bench.publish('frobnicated', 'm1');
    await bench.publishMany('known', 'b', 30);
    bench.startScanner();
    expect(await bench.deadLetterIds(1)).toEqual(['m1']);
  });

  it('begins anew when the stream was made again while it reads', async () => {
    bench.startScanner();
    await bench.publishMany('known', 'a', 20);
    await bench.untilRead(20);
    await bench.makeStreamAgain();
    await bench.publish('frobnicated', 'm1');
    expect(await bench.deadLetterIds(1)).toEqual(['m1']);
  });

  it('goes on where it was when what it has read was purged', async () => {
    await readTwentyAndStop();
    await bench.jet.manager.streams.purge(bench.stream);
    await bench.publish('frobnicated', 'm1');
    bench.startScanner();
    expect(await bench.deadLetterIds(1)).toEqual(['m1']);
    expect((await bench.newestConsumer())?.config.opt_start_seq).toBe(21);
  });

  it('does no harm when two instances do it at once: each event is kept once, and none is missed', async () => {
    bench.startScanner();
    bench.startScanner();
    for (let n = 0; n < 30; n++) {
      await bench.publish('frobnicated', `m${String(n)}`);
      await bench.publishMany('known', `k${String(n)}`, 10);
    }
    const ids = await bench.deadLetterIds(30);
    expect(ids).toEqual([...Array(30).keys()].map((n) => `m${String(n)}`));
    await bench.untilRead(330);
    expect(await bench.deadLetterIds(30)).toEqual(ids);
  });
});
