import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type TemporaryDirectory, temporaryDirectory } from '@orderflow/testing';
import { Sandbox } from './sandbox.test-support.ts';

const CANCELLED = { status: 200, body: { status: 'cancelled' } };
const REFUSED = { status: 402, body: { code: 'charge_cancelled' } };

let folder: TemporaryDirectory;
let sandbox: Sandbox;

beforeEach(async () => {
  folder = await temporaryDirectory('sandbox');
  sandbox = await Sandbox.start(path.join(folder.path, 'state.jsonl'));
});

afterEach(async () => {
  await sandbox.app.close();
  await folder.remove();
});

describe('cancelling a charge', () => {
  it('keeps a charge from being made that nobody has asked for yet', async () => {
    expect(await sandbox.cancelCharge('k')).toMatchObject(CANCELLED);
    expect(await sandbox.cancelCharge('k')).toMatchObject(CANCELLED);
    expect(await sandbox.charge('tok_approve', 'k')).toMatchObject(REFUSED);
    expect(await sandbox.charges()).toEqual([]);
  });

  it('ends a charge that was never answered', async () => {
    await expect(sandbox.charge('tok_never', 'k', {}, AbortSignal.timeout(100))).rejects.toThrow();
    expect(await sandbox.cancelCharge('k')).toMatchObject(CANCELLED);
    expect(await sandbox.charge('tok_never', 'k')).toMatchObject(REFUSED);
  });

  it('ends a charge that failed so far', async () => {
    await sandbox.charge('tok_fail_then_approve', 'k');
    expect(await sandbox.cancelCharge('k')).toMatchObject(CANCELLED);
    expect(await sandbox.charge('tok_fail_then_approve', 'k')).toMatchObject(REFUSED);
  });

  it('says that the charge was made when it was, and leaves it alone', async () => {
    await expect(
      sandbox.charge('tok_timeout_then_approve', 'k', {}, AbortSignal.timeout(100)),
    ).rejects.toThrow();
    const { status, body } = await sandbox.cancelCharge('k');
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { status: 'captured', amount: 1999, currency: 'EUR' },
    });
    expect(await sandbox.charge('tok_timeout_then_approve', 'k')).toMatchObject({ status: 201, body });
    expect(await sandbox.charges()).toMatchObject([{ chargeId: body['chargeId'], status: 'captured' }]);
  });

  it('leaves a decline as it is', async () => {
    await sandbox.charge('tok_decline', 'k');
    expect(await sandbox.cancelCharge('k')).toMatchObject(CANCELLED);
    expect(await sandbox.charge('tok_decline', 'k')).toMatchObject({
      status: 402,
      body: { code: 'card_declined' },
    });
  });

  it('is not forgotten by a restart', async () => {
    await sandbox.cancelCharge('k');
    await sandbox.app.close();
    sandbox = await Sandbox.start(path.join(folder.path, 'state.jsonl'));
    expect(await sandbox.charge('tok_approve', 'k')).toMatchObject(REFUSED);
  });

  it('needs the key of the charge', async () => {
    expect(await sandbox.cancelCharge(undefined)).toMatchObject({ status: 400 });
  });
});
