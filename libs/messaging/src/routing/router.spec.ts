import { describe, expect, it } from '@jest/globals';
import type { ContractInfo } from '../contract/contract.ts';
import { defineStream } from '../contract/stream-definition.ts';
import { DEFAULT_RETRY } from './retry-policy.ts';
import { type Route, Router } from './router.ts';

const ORDERS = defineStream({ name: 'ORDERS', prefix: 'order', owner: 'order' });
const PAYMENTS = defineStream({ name: 'PAYMENTS', prefix: 'payment', owner: 'payment' });

function route(
  handler: string,
  event: string,
  more: { version?: number; group?: string; stream?: typeof ORDERS; kind?: Route['kind'] } = {},
): Route {
  const { version = 1, group, stream = ORDERS, kind = 'transactional' } = more;
  const type = `${stream.prefix}.${event}.v${version}`;
  const contract: ContractInfo = { cls: Object, type, stream, event, version, key: () => 'k', example: {} };
  const invoke = (): Promise<void> => Promise.resolve();
  return {
    handler,
    contract,
    kind,
    group,
    retry: DEFAULT_RETRY,
    timeoutMs: 1_000,
    concurrency: 16,
    onFailure: 'park',
    dependency: undefined,
    invoke,
  };
}

describe('a router', () => {
  it('finds the handler of a message by stream, event and type', () => {
    const [created, paid] = [route('A.created', 'created'), route('B.paid', 'paid')];
    const router = new Router([created, paid]);
    expect(router.find('ORDERS', 'created', 'order.created.v1')).toBe(created);
    expect(router.find('ORDERS', 'paid', 'order.paid.v1')).toBe(paid);
  });

  it('gives a message without a type to the newest version, by number and not by letter', () => {
    const versions = [2, 10, 9].map((version) => route(`V${version}`, 'created', { version }));
    expect(new Router(versions).find('ORDERS', 'created', '')?.handler).toBe('V10');
  });

  it.each([
    ['an unknown event', 'ORDERS', 'lost', ''],
    ['an unknown version', 'ORDERS', 'created', 'order.created.v9'],
    ['the type of another event', 'ORDERS', 'created', 'order.paid.v1'],
    ['another stream', 'PAYMENTS', 'created', 'order.created.v1'],
  ])('finds nobody for %s', (_, stream, event, type) => {
    const router = new Router([route('A', 'created'), route('B', 'paid')]);
    expect(router.find(stream, event, type)).toBeUndefined();
  });

  it('refuses two handlers of one event, naming both', () => {
    const build = (): Router => new Router([route('A.handle', 'created'), route('B.handle', 'created')]);
    expect(build).toThrow(
      expect.objectContaining({
        code: 'HANDLER_DUPLICATE',
        message: expect.stringMatching(/(?=.*A\.handle)(?=.*B\.handle)(?=.*order\.created\.v1)/),
      }),
    );
  });

  it('refuses a batch handler beside another one of the same event', () => {
    const build = (): Router =>
      new Router([route('A.handle', 'created'), route('B.tally', 'created', { kind: 'batch' })]);
    expect(build).toThrow(expect.objectContaining({ code: 'HANDLER_DUPLICATE' }));
  });

  it('lets each queue group, and ordered handling beside them, have a handler of its own', () => {
    const routes = [
      route('A', 'created'),
      route('B', 'created', { group: 'mail' }),
      route('C', 'created', { group: 'sms' }),
    ];
    expect(() => new Router(routes)).not.toThrow();
    expect(() => new Router([...routes, route('D', 'created', { group: 'sms' })])).toThrow(/C and D|D and C/);
  });

  it('lists what has to be subscribed to, each event once', () => {
    const router = new Router([
      route('A', 'paid'),
      route('B', 'created', { version: 2 }),
      route('C', 'created'),
      route('D', 'captured', { stream: PAYMENTS }),
    ]);
    expect(router.sources()).toEqual([
      expect.objectContaining({ stream: ORDERS, events: ['created', 'paid'] }),
      expect.objectContaining({ stream: PAYMENTS, events: ['captured'] }),
    ]);
  });
});
