import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@orderflow/embedded';
import { eventually, temporaryDirectory } from '@orderflow/testing';

const MAIN = fileURLToPath(new URL('../../../payment-sandbox/dist/main.js', import.meta.url));

export interface ListedCharge {
  chargeId: string;
  idempotencyKey: string;
  status: 'captured' | 'refunded';
  amount: number;
  currency: string;
}

export interface Sandbox {
  url: string;
  /** POST /charges, as another process would do it. */
  charge(idempotencyKey: string, body: object): Promise<{ status: number; chargeId: string | undefined }>;
  /** What the sandbox charged under a key. */
  chargesOf(idempotencyKey: string): Promise<ListedCharge[]>;
  /** It forgets nothing: everything is in its state file. */
  restart(): Promise<void>;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** The payment sandbox as a process of its own, as in the stack. */
export async function startSandbox(): Promise<Sandbox> {
  if (!existsSync(MAIN))
    throw new Error('The payment sandbox is not built. Run: npx tsc -b apps/payment-sandbox');
  const directory = await temporaryDirectory('sandbox');
  const port = await freePort();
  const url = `http://127.0.0.1:${String(port)}`;
  const env = { PORT: String(port), STATE_FILE: path.join(directory.path, 'state'), LOG_LEVEL: 'error' };
  let child = await launch(url, env);
  const kill = (): Promise<void> => end(child, 'SIGKILL');
  return {
    url,
    charge: (key, body) => charge(url, key, body),
    chargesOf: async (key) => (await listCharges(url)).filter(({ idempotencyKey }) => idempotencyKey === key),
    restart: async () => {
      await kill();
      child = await launch(url, env);
    },
    kill,
    stop: async () => {
      await end(child, 'SIGTERM');
      await directory.remove();
    },
  };
}

async function launch(url: string, env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'inherit', 'inherit'] });
  const ready = async (): Promise<boolean> => (await fetch(`${url}/health/ready`)).ok;
  await eventually(ready, { what: 'the sandbox is ready' });
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

async function charge(
  url: string,
  key: string,
  body: object,
): Promise<{ status: number; chargeId: string | undefined }> {
  const response = await fetch(`${url}/charges`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(body),
  });
  const answer: unknown = await response.json();
  return { status: response.status, chargeId: isCharge(answer) ? answer.chargeId : undefined };
}

async function listCharges(url: string): Promise<ListedCharge[]> {
  const response = await fetch(`${url}/charges`);
  const charges: unknown = await response.json();
  if (!Array.isArray(charges)) throw new Error('GET /charges of the sandbox is no list.');
  return charges.filter(isCharge);
}

function isCharge(value: unknown): value is ListedCharge {
  return typeof value === 'object' && value !== null && 'chargeId' in value;
}
