// In the toolbox, while orders are placed: waits until a dependency has gone and is back, then until each instance has handled a
// message again, and says how long each took after the return.
//   node tools/kubernetes/inside/handling.ts nats|postgres SERVICE=ADDRESS...
import { once } from 'node:events';
import { connect } from 'node:net';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';

/** What it says at its end. */
export interface Handling {
  /** When the dependency was back, in ms since 1970. */
  back: number;
  /** By service: from then to the first message that it handled. */
  handledMs: Record<string, number>;
}

const lookMs = 100;
const lookDeadlineMs = 1_000;
const patienceMs = 120_000;
const settled = /^orderflow_messages_settled_total(?:\{[^}]*\})? (\d+)/gm;

const [, , dependency = '', ...instances] = process.argv;

/**
 * Whether the Service has a pod, which is ready then, and it speaks: nats-server by itself, PostgreSQL when it is asked for
 * encryption, by one byte.
 */
async function speaks(host: string, port: number, question?: Buffer): Promise<boolean> {
  const socket = connect({ host, port, signal: AbortSignal.timeout(lookDeadlineMs) });
  try {
    if (question !== undefined) socket.write(question);
    const closed = once(socket, 'close').then(() => Promise.reject(new Error('closed')));
    await Promise.race([once(socket, 'data'), closed]);
    return true;
  } finally {
    socket.destroy();
  }
}

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** A failure means that it is away, which is the question. */
const isUp = (): Promise<boolean> => {
  const answer = dependency === 'nats' ? speaks('nats', 4222) : speaks('postgres', 5432, SSL_REQUEST);
  return answer.catch(() => false);
};

async function until(what: string, isSo: () => Promise<boolean>): Promise<number> {
  const deadline = Date.now() + patienceMs;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`not within ${patienceMs / 1000} s: ${what}`);
    await delay(lookMs);
  }
  return Date.now();
}

/** What the first call that succeeds resolves to. */
async function first<T>(call: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await delay(lookMs);
  }
}

async function handledBy(address: string): Promise<number> {
  const response = await fetch(`http://${address}:3001/metrics`, {
    signal: AbortSignal.timeout(lookDeadlineMs),
  });
  let sum = 0;
  for (const [, count] of (await response.text()).matchAll(settled)) sum += Number(count);
  return sum;
}

process.stdout.write('running\n');
await until(`${dependency} goes`, async () => !(await isUp()));
const back = await until(`${dependency} comes back`, isUp);
const times = await Promise.all(
  instances.map(async (instance) => {
    const [name = '', address = ''] = instance.split('=');
    const before = await first(() => handledBy(address));
    const at = await until(`${name} handles`, async () => {
      const now = await handledBy(address).catch(() => before); // Not answered: asked again.
      return now > before;
    });
    return [name, at - back] as const;
  }),
);
const found: Handling = { back, handledMs: Object.fromEntries(times) };
process.stdout.write(`${JSON.stringify(found)}\n`);
