// In the toolbox: places orders at a steady pace until standard input ends, over a new connection each or over kept ones, and
// says as JSON how each was answered.
//   node tools/kubernetes/inside/requests.ts new|kept
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';

const everyMs = 40;
const answerMs = 15_000;
/** More than answers are ever waited for, so that no request waits for a connection. */
const connections = 64;

/** How an order was answered, or that it was not. */
export interface Answered {
  /** When it was asked, in ms since 1970. */
  at: number;
  ms: number;
  status?: number;
  /** Of a problem. */
  detail?: string;
  /** Why there was no answer: ECONNREFUSED, ECONNRESET, time-out. */
  failure?: string;
}

const [, , mode] = process.argv;
if (mode !== 'new' && mode !== 'kept') throw new Error('say new or kept');
const agent =
  mode === 'kept'
    ? new Agent({ keepAlive: true, maxSockets: connections })
    : new Agent({ maxSockets: connections });
const url = `${process.env['ORDER_URL'] ?? ''}/orders`;
const run = `${mode}-${Date.now().toString(36)}`;
const users = 40;

const orderOf = (user: string): string =>
  JSON.stringify({
    userId: user,
    email: `${user}@example.org`,
    currency: 'EUR',
    paymentToken: 'tok_approve',
    lines: [{ sku: 'MUG', quantity: 1 }],
  });

async function ask(body: string): Promise<Answered> {
  const at = Date.now();
  const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = { method: 'POST', agent, headers, signal: AbortSignal.timeout(answerMs) };
      request(url, options, resolve).once('error', reject).end(body);
    });
    let text = '';
    for await (const chunk of response) text += String(chunk);
    const status = response.statusCode ?? 0;
    return { at, ms: Date.now() - at, status, ...(status < 400 ? {} : { detail: text.slice(0, 300) }) };
  } catch (error) {
    const failure = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return { at, ms: Date.now() - at, failure };
  }
}

const ended = new AbortController();
process.stdin.resume();
void once(process.stdin, 'end').then(() => ended.abort());
const answers: Promise<Answered>[] = [];
process.stdout.write('running\n');
while (!ended.signal.aborted) {
  answers.push(ask(orderOf(`${run}-${answers.length % users}`)));
  await delay(everyMs);
}
process.stdout.write(`${JSON.stringify(await Promise.all(answers))}\n`);
agent.destroy();
