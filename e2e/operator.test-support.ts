import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import { publishMalformed } from '@orderflow/tools';
import { getJson, type TestShop } from './test-shop.test-support.ts';

const BIN = path.resolve(import.meta.dirname, '../tools/cli/orderflow.mjs');

export interface Ending {
  code: number | null;
  out: string;
  error: string;
}

/** The real program, without a terminal. */
export async function run(args: string[], env: Record<string, string> = {}): Promise<Ending> {
  const child = spawn(process.execPath, [BIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const ended = once(child, 'exit');
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await ended;
  return { code: child.exitCode, out, error };
}

export const orderflow = (shop: TestShop, ...args: string[]): Promise<Ending> =>
  run([...args, '--directory', shop.stack.directory]);

export interface Letter {
  id: number;
  service: string;
  key: string;
  deaths: number;
}

export async function json(shop: TestShop, ...args: string[]): Promise<Letter[]> {
  const { code, out, error } = await orderflow(shop, ...args, '--json');
  expect({ code, error }).toMatchObject({ code: 0 });
  return JSON.parse(out) as Letter[];
}

/** Inventory and notification both read orders. */
async function lettersOf(shop: TestShop, user: string): Promise<Letter[]> {
  const perService = await Promise.all(
    ['inventory', 'notification'].map(async (service) => {
      const { body } = await getJson(`${shop.stack.part(service).url}/messaging/dead-letters?key=${user}`);
      return (body['items'] as Omit<Letter, 'service'>[]).map((letter) => ({ ...letter, service }));
    }),
  );
  return perService.flat();
}

/** How often each dead letter of the user died; not a number while one is being handled. */
export async function deathsOf(shop: TestShop, user: string): Promise<number[]> {
  const letters = await lettersOf(shop, user);
  return letters.length === 2 ? letters.map(({ deaths }) => deaths) : [NaN];
}

/** An order that neither of them can read. @returns their dead letters */
export async function spoil(shop: TestShop, user: string): Promise<Letter[]> {
  shop.poisoned(user, await publishMalformed(shop.nats, user));
  const look = async (): Promise<Letter[] | undefined> => {
    const letters = await lettersOf(shop, user);
    return letters.length === 2 ? letters : undefined;
  };
  return await eventually(look, { what: 'two dead letters' });
}

export const idAt = (letters: readonly Letter[], service: string): string =>
  String(letters.find((letter) => letter.service === service)?.id);

export async function blockedKeys(shop: TestShop): Promise<string[]> {
  return (await json(shop, 'keys', 'blocked', '--all')).map(({ key }) => key);
}
