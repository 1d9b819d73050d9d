import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, type TemporaryDirectory, temporaryDirectory } from '@orderflow/testing';
import { HeldRequests } from './held-requests.ts';
import { Sandbox } from './sandbox.test-support.ts';

let folder: TemporaryDirectory;
let sandbox: Sandbox;
let others: Sandbox[] = [];

const stateFile = (): string => path.join(folder.path, 'state.jsonl');

beforeEach(async () => {
  folder = await temporaryDirectory('sandbox');
  sandbox = await Sandbox.start(stateFile());
});

afterEach(async () => {
  for (const { app } of [sandbox, ...others]) await app.close();
  others = [];
  await folder.remove();
});

/** A process that starts from the same file while the first one was never told to stop, as after a kill. */
async function afterKill(): Promise<Sandbox> {
  const restarted = await Sandbox.start(stateFile());
  others.push(restarted);
  return restarted;
}

describe('charging', () => {
  it('captures once for a key, however often and however concurrently it is asked', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => sandbox.charge('tok_approve', 'k')));
    const [first] = answers;
    expect(first).toMatchObject({ status: 201, body: { status: 'captured', amount: 1999, currency: 'EUR' } });
    expect(answers.every(({ body }) => body['chargeId'] === first?.body['chargeId'])).toBe(true);
    expect(await sandbox.charges()).toHaveLength(1);
  });

  it('declines with a code, and the same way again', async () => {
    for (let call = 1; call <= 2; call += 1) {
      expect(await sandbox.charge('tok_decline', 'k')).toMatchObject({
        status: 402,
        body: { code: 'card_declined' },
      });
    }
    expect(await sandbox.charge('tok_other', 'k2')).toMatchObject({
      status: 402,
      body: { code: 'invalid_token' },
    });
    expect(await sandbox.charges()).toEqual([]);
  });

  it('fails twice for each key, then captures', async () => {
    const statuses: number[] = [];
    for (const key of ['a', 'b', 'a', 'b', 'a', 'a']) {
      statuses.push((await sandbox.charge('tok_fail_then_approve', key)).status);
    }
    expect(statuses).toEqual([503, 503, 503, 503, 201, 201]);
    expect(await sandbox.charges()).toHaveLength(1);
  });

  it('charges without an answer, and answers the next call with that charge', async () => {
    const call = new AbortController();
    const silent = sandbox.charge('tok_timeout_then_approve', 'k', {}, call.signal);
    const charge = await eventually(async () => (await sandbox.charges())[0], { what: 'the charge is made' });
    call.abort();
    await expect(silent).rejects.toThrow();
    const again = await sandbox.charge('tok_timeout_then_approve', 'k');
    expect(again).toMatchObject({ status: 201, body: { chargeId: charge['chargeId'] } });
    expect(await sandbox.charges()).toHaveLength(1);
  });

  it('never answers and never charges, until the caller goes', async () => {
    const held = sandbox.app.get(HeldRequests);
    const call = new AbortController();
    const silent = sandbox.charge('tok_never', 'k', {}, call.signal);
    await eventually(() => held.count === 1, { what: 'the request is held' });
    call.abort();
    await expect(silent).rejects.toThrow();
    await eventually(() => held.count === 0, { what: 'the request has ended' });
    expect(await sandbox.charges()).toEqual([]);
  });

  it('lets held requests go when it stops', async () => {
    const silent = sandbox.charge('tok_never', 'k');
    await eventually(() => sandbox.app.get(HeldRequests).count === 1, { what: 'the request is held' });
    await sandbox.app.close();
    expect((await silent).status).toBe(503);
  });

  it('refuses a key with another body, no key, and what is not a charge', async () => {
    await sandbox.charge('tok_approve', 'k');
    expect(await sandbox.charge('tok_approve', 'k', { amount: 1 })).toMatchObject({ status: 422 });
    expect(await sandbox.charge('tok_approve', undefined)).toMatchObject({ status: 400 });
    expect(await sandbox.charge('tok_approve', 'two words')).toMatchObject({ status: 400 });
    expect(await sandbox.charge('tok_approve', 'k2', { amount: 1.5 })).toMatchObject({ status: 422 });
    expect(await sandbox.charge('tok_approve', 'k2', { currency: 'euro' })).toMatchObject({ status: 422 });
    expect(await sandbox.charges()).toHaveLength(1);
  });
});

describe('refunding', () => {
  it('gives a charge back once, however often it is asked', async () => {
    const { body } = await sandbox.charge('tok_approve', 'k');
    const refunds = await Promise.all([1, 2, 3].map(() => sandbox.refund(body['chargeId'])));
    expect(
      new Set(refunds.map(({ status, body: refund }) => `${status} ${String(refund['refundId'])}`)).size,
    ).toBe(1);
    expect(refunds[0]).toMatchObject({ status: 201, body: { status: 'refunded', amount: 1999 } });
    expect(await sandbox.charges()).toMatchObject([{ status: 'refunded', idempotencyKey: 'k' }]);
  });

  it('refuses a charge that does not exist', async () => {
    expect(await sandbox.refund('6f1f2f3e-6e0a-4d5b-9d1c-7a3d2b1c0e9f')).toMatchObject({ status: 404 });
    expect(await sandbox.refund('no-uuid')).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'chargeId' }] },
    });
  });
});

describe('a restart', () => {
  it('forgets nothing that was answered for', async () => {
    const captured = await sandbox.charge('tok_approve', 'a');
    const refunded = await sandbox.charge('tok_approve', 'b');
    await sandbox.refund(refunded.body['chargeId']);
    await sandbox.charge('tok_decline', 'c');
    await sandbox.charge('tok_fail_then_approve', 'd');
    const restarted = await afterKill();
    expect(await restarted.charges()).toEqual(await sandbox.charges());
    expect(await restarted.charge('tok_approve', 'a')).toEqual(captured);
    expect(await restarted.charge('tok_approve', 'a', { amount: 1 })).toMatchObject({ status: 422 });
    expect(await restarted.charge('tok_decline', 'c')).toMatchObject({ status: 402 });
    const rest = [
      await restarted.charge('tok_fail_then_approve', 'd'),
      await restarted.charge('tok_fail_then_approve', 'd'),
    ];
    expect(rest.map(({ status }) => status)).toEqual([503, 201]);
  });
});

describe('what it serves besides', () => {
  it.each(['/health/live', '/health/ready', '/docs', '/docs-json'])('%s', async (route) => {
    expect((await fetch(`${sandbox.url}${route}`)).status).toBe(200);
  });
});
