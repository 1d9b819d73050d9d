import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import { testConfig } from '../config.test-support.ts';
import { PaymentProviderClient } from './payment-provider.client.ts';
import { type Sandbox, startSandbox } from './sandbox.test-support.ts';

const PATIENT = new AbortController().signal;

describe('the payment provider client against the sandbox', () => {
  let sandbox: Sandbox;
  let provider: PaymentProviderClient;

  beforeAll(async () => {
    sandbox = await startSandbox();
    provider = new PaymentProviderClient(testConfig({ PAYMENT_PROVIDER_URL: sandbox.url }));
  });

  afterAll(async () => {
    await sandbox.stop();
  });

  const charge = (key: string, token: string) =>
    provider.charge(key, { amount: 1_999, currency: 'EUR', token }, PATIENT);

  it.each(['tok_approve', 'tok_timeout_then_approve', 'tok_fail_then_approve'])(
    'captures once for %s, with the same answer when asked again',
    async (token) => {
      const key = `charge-${randomUUID()}`;
      const first = await charge(key, token);
      const second = await charge(key, token);
      expect(first).toMatchObject({ status: 'captured' });
      expect(second).toEqual(first);
      expect(await sandbox.chargesOf(key)).toMatchObject([
        { amount: 1_999, currency: 'EUR', status: 'captured' },
      ]);
    },
  );

  it('says why a charge is declined', async () => {
    const key = `charge-${randomUUID()}`;
    expect(await charge(key, 'tok_decline')).toEqual({ status: 'declined', code: 'card_declined' });
    expect(await sandbox.chargesOf(key)).toEqual([]);
  });

  it('reports a provider that never answers as unavailable by time-out', async () => {
    await expect(charge(`charge-${randomUUID()}`, 'tok_never')).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      reason: 'timeout',
    });
  });

  it('stops waiting when the caller does', async () => {
    const call = provider.charge(
      `charge-${randomUUID()}`,
      { amount: 1, currency: 'EUR', token: 'tok_never' },
      AbortSignal.timeout(50),
    );
    await expect(call).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE', reason: 'cancelled' });
  });

  it('keeps a cancelled charge from ever being made, also after the provider restarted', async () => {
    const key = `charge-${randomUUID()}`;
    await expect(charge(key, 'tok_never')).rejects.toMatchObject({ reason: 'timeout' });
    expect(await provider.cancelCharge(key, PATIENT)).toEqual({ status: 'cancelled' });
    expect(await provider.cancelCharge(key, PATIENT)).toEqual({ status: 'cancelled' });
    await sandbox.restart();
    expect(await charge(key, 'tok_never')).toEqual({ status: 'declined', code: 'charge_cancelled' });
    expect(await sandbox.chargesOf(key)).toEqual([]);
  });

  it('keeps a charge from being made that was cancelled before it was ever asked for', async () => {
    const key = `charge-${randomUUID()}`;
    expect(await provider.cancelCharge(key, PATIENT)).toEqual({ status: 'cancelled' });
    expect(await charge(key, 'tok_approve')).toEqual({ status: 'declined', code: 'charge_cancelled' });
  });

  it('learns from a cancellation that the charge was made, and gives it back once', async () => {
    const key = `charge-${randomUUID()}`;
    const made = await charge(key, 'tok_approve');
    if (made.status !== 'captured') throw new Error('not captured');
    expect(await provider.cancelCharge(key, PATIENT)).toEqual(made);
    await provider.refund('refund-1', made.chargeId, PATIENT);
    await provider.refund('refund-1', made.chargeId, PATIENT);
    expect(await sandbox.chargesOf(key)).toMatchObject([{ status: 'refunded' }]);
  });

  it('does not repeat what the provider refuses', async () => {
    await expect(provider.refund('refund-2', randomUUID(), PATIENT)).rejects.toMatchObject({
      code: 'PROVIDER_REFUSAL',
    });
  });

  it('opens the breaker after failures in a row, and closes it when the provider is back', async () => {
    const eager = new PaymentProviderClient(
      testConfig({
        PAYMENT_PROVIDER_URL: sandbox.url,
        PROVIDER_BREAKER_THRESHOLD: '3',
        PROVIDER_BREAKER_OPEN_MS: '500',
      }),
    );
    const key = `charge-${randomUUID()}`;
    const attempt = () => eager.charge(key, { amount: 5, currency: 'EUR', token: 'tok_approve' }, PATIENT);
    await sandbox.kill();
    await expect(attempt()).rejects.toMatchObject({ reason: 'unreachable' });
    await expect(attempt()).rejects.toMatchObject({ reason: 'circuit_open' });
    await sandbox.restart();
    expect(await eventually(attempt, { what: 'the breaker lets a call through' })).toMatchObject({
      status: 'captured',
    });
    expect(await sandbox.chargesOf(key)).toHaveLength(1);
  });
});
