import { describe, expect, it } from '@jest/globals';
import { noted, NOTES } from '../testing/events.test-support.ts';
import { outboxRow } from './outbox-row.ts';
import { PublishRules } from './publish-rules.ts';
import { traceparentFrom } from './traceparent.ts';

const VALID = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const row = (text: string): ReturnType<typeof outboxRow> =>
  outboxRow(noted('u1', 1, text), { source: 'notes' });

describe('an event', () => {
  it('is refused when it is larger than the connected server takes, headers included', () => {
    const rules = new PublishRules([NOTES], () => 8_192);
    expect(() => rules.check(row('x'.repeat(7_000)))).not.toThrow();
    expect(() => rules.check(row('x'.repeat(7_900)))).toThrow(/bytes are too large/);
  });

  it('is refused when it is larger than its stream takes', () => {
    const rules = new PublishRules([NOTES], () => undefined);
    rules.limit('NOTES', 4_000);
    expect(() => rules.check(row('x'.repeat(4_000)))).toThrow(/under 4000 bytes/);
    rules.limit('NOTES', -1);
    expect(() => rules.check(row('x'.repeat(4_000)))).not.toThrow();
  });

  it('is refused when its headers are larger than nats-server takes', () => {
    const large = row('');
    large.headers['x-large'] = 'x'.repeat(65_000);
    expect(() => new PublishRules([NOTES], () => undefined).check(large)).toThrow(/headers .* too large/);
  });

  it('is refused when its stream belongs to another service', () => {
    const rules = new PublishRules([], () => undefined);
    expect(() => rules.check(row(''))).toThrow(expect.objectContaining({ code: 'STREAM_FOREIGN' }));
  });
});

describe('a traceparent from outside', () => {
  it.each([VALID, VALID.replace('00-', '01-'), `01${VALID.slice(2)}-more`])('is kept: %s', (received) => {
    expect(traceparentFrom(received)).toBe(received);
  });

  it.each([
    undefined,
    '',
    'x'.repeat(60_000),
    `${VALID}\0`,
    `${VALID}-more`,
    VALID.toUpperCase(),
    VALID.replace('00-', 'ff-'),
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`,
  ])('is replaced when it is none', (received) => {
    const made = traceparentFrom(received);
    expect(made).not.toBe(received);
    expect(made).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });
});
