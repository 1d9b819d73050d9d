import { Pool } from 'undici';
import { definePart } from '../part/protocol.ts';
import { inWindow } from '../part/window.ts';

interface Options {
  readonly url: string;
  readonly path: string;
  readonly connections: number;
}

const USERS = 5_000;

/** Sends orders, each connection one after the other; counts those that were answered with 201, and fails at any other answer. */
export const part = definePart<Options>({
  start({ url, path, connections }) {
    const pool = new Pool(url, { connections, pipelining: 1 });
    let sent = 0;
    const send = async (): Promise<void> => {
      const n = sent++;
      const { statusCode, body } = await pool.request({
        path,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'idempotency-key': `${String(process.pid)}-${String(n)}`,
        },
        body: JSON.stringify({
          userId: `user-${String(n % USERS)}`,
          email: 'ada@example.org',
          currency: 'EUR',
          paymentToken: 'tok_approve',
          lines: [{ sku: 'MUG', quantity: 1 }],
        }),
      });
      const answer = await body.text();
      if (statusCode !== 201) throw new Error(`${path} answered ${String(statusCode)}: ${answer}`);
    };
    return Promise.resolve({
      go: ({ ms, count }) =>
        count === undefined
          ? inWindow({ ms: ms ?? 0 }, { width: connections }, send)
          : sendExactly(count, connections, send),
      stop: () => pool.close(),
    });
  },
});

async function sendExactly(count: number, width: number, send: () => Promise<void>) {
  const beganAt = performance.now();
  let left = count;
  const place = async (): Promise<void> => {
    while (left-- > 0) await send();
  };
  await Promise.all(Array.from({ length: width }, place));
  return { count, ms: performance.now() - beganAt };
}
