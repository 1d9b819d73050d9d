import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import {
  blockedKeys,
  deathsOf,
  idAt,
  json,
  type Letter,
  orderflow,
  run,
  spoil,
} from './operator.test-support.ts';
import { TestShop } from './test-shop.test-support.ts';

const WHY = ['--why', 'tried out', '--who', 'ada'];

let shop: TestShop;

beforeAll(async () => {
  shop = await TestShop.start({ scale: { notification: 2 } });
});

afterAll(async () => {
  await shop.stop();
});

describe('orderflow', () => {
  it('lists what is dead in every service, in a table that fits, and shows one', async () => {
    const letters = await spoil(shop, 'list-user');
    const { out } = await orderflow(shop, 'dead-letters', 'list', '--key', 'list-user');
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^SERVICE +ID +CONSUMER +KEY +EVENT/);
    expect(lines.slice(1).map((line) => line.split(' ')[0])).toEqual(['inventory', 'notification']);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    const shown = await orderflow(
      shop,
      'dead-letters',
      'show',
      idAt(letters, 'inventory'),
      '--service',
      'inventory',
    );
    expect(shown.out).toMatch(/ce-type +order\.created\.v1[^]*body \(utf8\)\n {2}\{ "orderId": $/m);
  });

  it('shows streams, consumers and the outbox of what runs', async () => {
    const { out } = await orderflow(shop, 'streams');
    expect(out).toMatch(/^ORDERS +order +\d/m);
    expect((await orderflow(shop, 'consumers', '--service', 'payment')).out).toMatch(
      /^payment-ORDERS-07 +ORDERS +0 /m,
    );
    expect(
      (await orderflow(shop, 'outbox')).out.match(/^(order|payment|inventory|notification) /gm),
    ).toHaveLength(4);
  });

  it('edits, redrives, and says what is kept of it', async () => {
    const letters = await spoil(shop, 'edit-user');
    const id = idAt(letters, 'inventory');
    const at = ['--service', 'inventory'];
    expect(
      await orderflow(shop, 'dead-letters', 'edit', id, ...at, ...WHY, '--body', '{}', '--yes'),
    ).toMatchObject({ code: 0 });
    expect(await orderflow(shop, 'dead-letters', 'redrive', id, ...at, ...WHY, '--yes')).toMatchObject({
      code: 0,
      out: expect.stringContaining(`${id} redriven`),
    });
    const look = async (): Promise<string> => (await orderflow(shop, 'dead-letters', 'show', id, ...at)).out;
    const shown = await eventually(
      async () => ((text) => (text.includes('dead 2 time(s)') ? text : undefined))(await look()),
      {
        what: 'it is dead again',
        timeoutMs: 20_000,
      },
    );
    expect(shown).toMatch(/edit by ada: tried out\n.*redrive by ada: tried out/);
    expect(shown).toMatch(/body \(utf8\)\n {2}\{\}\n$/);
  });

  it('discards, after which the key flows', async () => {
    const letters = await spoil(shop, 'discard-user');
    for (const service of ['inventory', 'notification']) {
      const id = idAt(letters, service);
      expect(
        await orderflow(shop, 'dead-letters', 'discard', id, '--service', service, ...WHY, '--yes'),
      ).toMatchObject({ code: 0 });
      const again = await orderflow(
        shop,
        'dead-letters',
        'discard',
        id,
        '--service',
        service,
        ...WHY,
        '--yes',
      );
      expect(again).toMatchObject({ code: 1, error: expect.stringContaining('There is no dead letter') });
    }
    expect(await blockedKeys(shop)).not.toContain('discard-user');
    const { orderId } = await shop.order('discard-user');
    await shop.becomes(orderId, { status: 'shipped' });
  });

  it('redrives a key, and all that match, wherever they are', async () => {
    await spoil(shop, 'key-user');
    expect(await blockedKeys(shop)).toContain('key-user');
    for (const [deaths, args] of [
      [2, ['keys', 'redrive', 'key-user']],
      [3, ['dead-letters', 'redrive', '--key', 'key-user']],
    ] as const) {
      const { code, out } = await orderflow(shop, ...args, ...WHY, '--yes');
      expect({ code, out }).toEqual({ code: 0, out: 'inventory: 1 redriven\nnotification: 1 redriven\n' });
      const look = async (): Promise<boolean> =>
        (await deathsOf(shop, 'key-user')).every((each) => each === deaths);
      await eventually(look, { what: 'both are dead again' });
    }
  });

  it('asks the addresses that it is given', async () => {
    const letters = await spoil(shop, 'url-user');
    const { url } = shop.stack.part('notification-2');
    const only = await run(['dead-letters', 'list', '--key', 'url-user', '--url', url, '--json']);
    expect(JSON.parse(only.out)).toMatchObject([
      { service: 'notification', id: Number(idAt(letters, 'notification')) },
    ]);
    const listed = await run(['outbox', '--json'], {
      ORDERFLOW_URLS: `${url}, ${shop.stack.part('order').url}`,
    });
    expect((JSON.parse(listed.out) as Letter[]).map(({ service }) => service)).toEqual([
      'notification',
      'order',
    ]);
  });

  it('wants to know which service an id belongs to, and knows them', async () => {
    const unnamed = await orderflow(shop, 'dead-letters', 'show', '1');
    expect(unnamed).toMatchObject({
      code: 2,
      error: expect.stringContaining('--service (order, payment, inventory, notification)'),
    });
    const unknown = await orderflow(shop, 'dead-letters', 'list', '--service', 'shipping');
    expect(unknown).toMatchObject({ code: 2, error: expect.stringContaining('no service "shipping"') });
    const other = await run(['streams', '--url', shop.stack.paymentProviderUrl]);
    expect(other).toMatchObject({ code: 3, error: expect.stringContaining('does not serve /messaging') });
  });

  it('changes nothing unasked where there is no terminal', async () => {
    const letters = await spoil(shop, 'unasked-user');
    const id = idAt(letters, 'inventory');
    const refused = await orderflow(shop, 'dead-letters', 'discard', id, '--service', 'inventory', ...WHY);
    expect(refused).toMatchObject({ code: 2, error: expect.stringContaining('--yes') });
    expect(await json(shop, 'dead-letters', 'list', '--key', 'unasked-user')).toHaveLength(2);
  });
});
