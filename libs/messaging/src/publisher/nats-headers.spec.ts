import { describe, expect, it } from '@jest/globals';
import { headers, type MsgHdrs, MsgHdrsImpl } from '@nats-io/transport-node';
import fc from 'fast-check';
import { natsHeaders } from './nats-headers.ts';
import type { OutgoingMessage } from './outgoing-message.ts';

type Fields = Record<string, string>;

const message = (own: Fields): OutgoingMessage => ({
  stream: 'NOTES',
  subject: 'note.u1.noted',
  messageId: 'id-1',
  headers: own,
  payload: '',
});

/** What arrives. */
function arriving(sent: MsgHdrs): ReadonlyMap<string, string[]> {
  if (!(sent instanceof MsgHdrsImpl)) throw new Error('not the headers of the client');
  return MsgHdrsImpl.decode(sent.encode()).headers;
}

const received = (own: Fields, more?: Fields): object =>
  Object.fromEntries(arriving(natsHeaders(message(own), more)));

const ours = { 'Nats-Msg-Id': ['id-1'], 'Nats-Expected-Stream': ['NOTES'] };

/** Fit for headers or not: the client's own word on it counts. */
const name = fc.oneof(
  fc.string({ unit: 'binary-ascii', maxLength: 4 }),
  fc.constantFrom('ce-type', 'CE-Type', '__proto__', 'constructor', 'toString'),
);
const value = fc.oneof(fc.string({ maxLength: 6 }), fc.string({ unit: 'binary-ascii', maxLength: 4 }));

function byTheClient(own: readonly (readonly [string, string])[]): ReadonlyMap<string, string[]> | undefined {
  const sent = headers();
  try {
    for (const [key, text] of own) sent.set(key, text);
  } catch {
    return undefined; // It refuses them.
  }
  for (const [key, [text = '']] of Object.entries(ours)) sent.set(key, text);
  return arriving(sent);
}

describe('the headers of a message', () => {
  it('arrive as they would if the client had set them, and are refused if it refuses them', () => {
    const fields = fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, maxLength: 5 });
    fc.assert(
      fc.property(fields, (own) => {
        const expected = byTheClient(own);
        const send = (): ReadonlyMap<string, string[]> =>
          arriving(natsHeaders(message(Object.fromEntries(own))));
        if (expected === undefined) expect(send).toThrow(/header/);
        else expect(send()).toEqual(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it('have our id and stream once, whatever the message has under these names', () => {
    expect(received({ 'Nats-Msg-Id': 'other', 'ce-type': 't', 'Nats-Expected-Stream': 'OTHER' })).toEqual({
      ...ours,
      'ce-type': ['t'],
    });
  });

  it('have what else is given for this sending', () => {
    expect(
      received({ 'Nats-Batch-Id': 'old' }, { 'Nats-Batch-Id': 'b1', 'Nats-Batch-Sequence': '2' }),
    ).toEqual({
      ...ours,
      'Nats-Batch-Id': ['b1'],
      'Nats-Batch-Sequence': ['2'],
    });
  });

  it.each([
    ['an id', { messageId: 'a\r\nNats-Rollup: all' }],
    ['a stream', { stream: 'A\nB' }],
    ['a value', { headers: { 'ce-type': 'a\rb' } }],
    ['a name', { headers: { 'ce type': 'a' } }],
  ])('cannot be added to by %s', (_what, changes) => {
    expect(() => natsHeaders({ ...message({}), ...changes })).toThrow(/header/);
  });
});
