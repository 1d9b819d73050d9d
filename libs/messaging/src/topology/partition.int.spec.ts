import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { startJetStream } from '../testing/jetstream.test-support.ts';
import { partitionOf } from './partition.ts';
import { parseStoredSubject, publishSubject } from './subject.ts';

const key = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
  fc.stringMatching(/^[a-zäöüß日本語😀]{1,20}$/u),
);

it('the broker puts 200 random keys into the partitions that we compute', async () => {
  const jet = await startJetStream();
  const stream = await jet.freshStream();
  const keys = fc.sample(key, { numRuns: 200, seed: 42 });
  // Acknowledged, not only sent: the server takes messages into the stream after it has answered a flush.
  await Promise.all(keys.map((name) => jet.client.publish(publishSubject(stream, name, 'happened'), name)));
  const stored = await jet.stored(stream.name);
  expect(stored.map(({ body }) => body)).toEqual(keys);
  for (const { subject, body } of stored) {
    expect(parseStoredSubject(subject)).toEqual({
      partition: partitionOf(body, 16),
      key: body,
      event: 'happened',
    });
  }
  await jet.stop();
});
