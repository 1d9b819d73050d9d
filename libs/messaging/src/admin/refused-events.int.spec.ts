import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import { type AdministeredService, startAdministered } from '../testing/admin.test-support.ts';
import { REASON } from '../testing/repair.test-support.ts';

let administered: AdministeredService;
let call: AdministeredService['call'];

beforeAll(async () => {
  administered = await startAdministered();
  ({ call } = administered);
});

afterAll(async () => {
  await administered.stop();
});

/** As if the broker's limit had been larger when the event was added. */
async function refuse(key: string): Promise<string> {
  const { database } = administered.service;
  await database.query(
    `INSERT INTO messaging.outbox (message_id, stream, subject, key, headers, payload, state, refused_at, reason)
     VALUES ($1, 'COUNTS', $2, $3, '{}', 'x', 'refused', clock_timestamp(), 'too large')`,
    [`refused-${key}`, `count.${key}.counted`, key],
  );
  return `refused-${key}`;
}

const waiting = (messageId: string): Promise<object[]> =>
  administered.service.database.query('SELECT state FROM messaging.outbox WHERE message_id = $1', [
    messageId,
  ]);

describe('an event that the broker refuses permanently', () => {
  it('is listed with its reason, and gone once it is discarded', async () => {
    const messageId = await refuse('ada');
    const { status, body } = await call('GET', '/refused-events');
    expect(status).toBe(200);
    expect(body['items']).toMatchObject([
      { messageId, stream: 'COUNTS', key: 'ada', reason: 'too large', behind: 0 },
    ]);
    expect(await call('POST', `/refused-events/${messageId}/discard`, REASON)).toEqual({
      status: 200,
      body: { messageId },
    });
    expect(await waiting(messageId)).toEqual([]);
    expect((await call('GET', '/refused-events')).body).toEqual({ items: [] });
  });

  it('is published when it is retried', async () => {
    const messageId = await refuse('bob');
    expect((await call('POST', `/refused-events/${messageId}/retry`, REASON)).status).toBe(202);
    await eventually(async () => (await waiting(messageId)).length === 0, { what: 'it is published' });
  });

  it('cannot be decided about twice, nor without a reason', async () => {
    expect((await call('POST', '/refused-events/nothing/retry', REASON)).status).toBe(404);
    expect((await call('POST', '/refused-events/nothing/discard', { who: 'ada' })).status).toBe(422);
  });
});

describe('accepting the events of a stream', () => {
  it('does nothing when the database knows all of them, and is refused for a stream of another service', async () => {
    expect(await call('POST', '/streams/COUNTS/accept', REASON)).toEqual({
      status: 200,
      body: { accepted: 0 },
    });
    expect((await call('POST', '/streams/ORDERS/accept', REASON)).status).toBe(404);
  });
});
