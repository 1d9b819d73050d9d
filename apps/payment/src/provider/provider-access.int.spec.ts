import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { eventually } from '@orderflow/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { testConfig } from '../config.test-support.ts';
import { PaymentProviderClient } from './payment-provider.client.ts';
import { type ScriptedProvider, startScriptedProvider } from './scripted-provider.test-support.ts';

const PATIENT = new AbortController().signal;
const CHARGE = { amount: 1_999, currency: 'EUR', token: 'tok_approve' };

describe('an answer that is no answer to the payment', () => {
  let script: ScriptedProvider;
  let provider: PaymentProviderClient;

  beforeEach(async () => {
    script = await startScriptedProvider(() => ({ status: 500 }));
    provider = clientOf(script.url);
  });

  afterEach(async () => {
    provider.onApplicationShutdown();
    await script.stop();
  });

  const charge = (key = 'charge-1') => provider.charge(key, CHARGE, PATIENT);

  it.each([
    [401, {}],
    [403, '<html>blocked by our firewall</html>'],
    [404, { title: 'Not Found' }],
    [405, {}],
    [407, {}],
    [410, {}],
    [421, {}],
    [300, {}],
    [304, ''],
  ])('%d says that our access is refused, and is asked once', async (status, body) => {
    script.follow(() => ({ status, body }));
    await expect(charge()).rejects.toMatchObject({ reason: 'access', concernsEveryPayment: true });
    expect(script.calls).toHaveLength(1);
  });

  it.each([301, 302, 303, 307, 308])('a redirect (%d) is not followed', async (status) => {
    const elsewhere = await startScriptedProvider(() => ({ status: 201, body: { chargeId: 'ch_1' } }));
    script.follow(() => ({ status, headers: { location: `${elsewhere.url}/charges` } }));
    await expect(charge()).rejects.toMatchObject({ reason: 'access' });
    expect(elsewhere.calls).toEqual([]);
    await elsewhere.stop();
  });

  it.each([400, 413, 415, 422, 451])('%d is about the payment: it is refused for good', async (status) => {
    script.follow(() => ({ status, body: { code: 'amount_invalid' } }));
    await expect(charge()).rejects.toMatchObject({ code: 'PROVIDER_REFUSAL' });
    expect(script.calls).toHaveLength(1);
  });

  it('tells a charge that the provider does not know from a path that it does not know', async () => {
    script.follow(() => ({ status: 404, body: { code: 'charge_unknown' } }));
    await expect(provider.refund('refund-1', 'ch_1', PATIENT)).rejects.toMatchObject({
      code: 'PROVIDER_REFUSAL',
    });
    script.follow(() => ({ status: 404, body: 'no such page' }));
    await expect(provider.refund('refund-1', 'ch_1', PATIENT)).rejects.toMatchObject({ reason: 'access' });
  });

  it('a 503 with a short Retry-After is repeated no sooner', async () => {
    const arrivals: number[] = [];
    script.follow(() => {
      arrivals.push(performance.now());
      return arrivals.length === 1
        ? { status: 503, headers: { 'retry-after': '1' } }
        : { status: 201, body: { chargeId: 'ch_1' } };
    });
    expect(await charge()).toEqual({ status: 'captured', chargeId: 'ch_1' });
    const [first = 0, second = 0] = arrivals;
    expect(second - first).toBeGreaterThanOrEqual(990);
  });

  it.each([
    [429, '3'],
    [503, '3'],
    [429, undefined],
  ])('a %d with Retry-After %s keeps every call away until then', async (status, seconds) => {
    script.follow(() => ({ status, ...(seconds !== undefined && { headers: { 'retry-after': seconds } }) }));
    await expect(charge('charge-1')).rejects.toMatchObject({
      reason: 'throttled',
      concernsEveryPayment: true,
    });
    const askedAt = performance.now();
    script.follow(() => ({ status: 201, body: { chargeId: 'ch_2' } }));
    await eventually(() => charge('charge-2'), { what: 'a call is let through' });
    expect(performance.now() - askedAt).toBeGreaterThanOrEqual(Number(seconds ?? 1) * 1_000 - 20);
    expect(script.calls).toHaveLength(2);
  });

  it('is not read beyond 64 KiB', async () => {
    script.follow(() => ({ status: 201, body: { chargeId: 'ch_1', padding: 'x'.repeat(70_000) } }));
    await expect(charge()).rejects.toMatchObject({ reason: 'connection' });
  });

  it('is not waited for when the headers came and the body does not', async () => {
    script.follow(() => ({ status: 201, headers: { 'content-length': '1000' }, body: { chargeId: 'ch_1' } }));
    await expect(charge()).rejects.toMatchObject({ reason: 'timeout' });
  });

  it('is unreachable, not a refusal, where nothing listens or no such host exists', async () => {
    await expect(clientOf('http://127.0.0.1:1').charge('c', CHARGE, PATIENT)).rejects.toMatchObject({
      reason: 'unreachable',
      concernsEveryPayment: true,
    });
    await expect(clientOf('http://provider.invalid').charge('c', CHARGE, PATIENT)).rejects.toMatchObject({
      reason: 'unreachable',
    });
  });

  it('is unreachable where TLS fails', async () => {
    const plain = await plainServer();
    await expect(
      clientOf(`https://127.0.0.1:${plain.port}`).charge('c', CHARGE, PATIENT),
    ).rejects.toMatchObject({ reason: 'unreachable' });
    plain.server.close();
  });

  it('opens the circuit when it is of different payments, and not for one card that never answers', async () => {
    script.follow(() => undefined);
    for (const key of ['never', 'never', 'never', 'never']) {
      await expect(charge(key)).rejects.toMatchObject({ reason: 'timeout' });
    }
    await expect(charge('other')).rejects.toMatchObject({ reason: 'timeout' });
    await expect(charge('third')).rejects.toMatchObject({
      reason: 'circuit_open',
      concernsEveryPayment: true,
    });
  });
});

function clientOf(url: string): PaymentProviderClient {
  return new PaymentProviderClient(
    testConfig({ PAYMENT_PROVIDER_URL: url, PROVIDER_TIMEOUT_MS: '300', PROVIDER_BREAKER_THRESHOLD: '3' }),
  );
}

/** Accepts connections and answers a TLS hello with plain text. */
async function plainServer(): Promise<{ server: Server; port: string }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { server, port: String(address !== null && typeof address === 'object' ? address.port : '') };
}
