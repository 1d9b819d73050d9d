import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { readConfig, startProcess } from '@orderflow/service';
import { AppModule } from '../app.module.ts';
import { SandboxConfig } from '../config.ts';

export interface Answer {
  status: number;
  body: { [member: string]: unknown };
}

/** A sandbox over real HTTP. */
export class Sandbox {
  readonly app: NestFastifyApplication;
  readonly url: string;

  private constructor(app: NestFastifyApplication, url: string) {
    this.app = app;
    this.url = url;
  }

  static async start(stateFile: string): Promise<Sandbox> {
    const config = readConfig(SandboxConfig, { PORT: '0', LOG_LEVEL: 'silent', STATE_FILE: stateFile });
    const app = await startProcess({ name: 'payment-sandbox', config, module: () => AppModule });
    return new Sandbox(app, await app.getUrl());
  }

  charge(token: string, key: string | undefined, change: object = {}, signal?: AbortSignal): Promise<Answer> {
    const headers = key === undefined ? {} : { 'idempotency-key': key };
    const body = { amount: 1999, currency: 'EUR', token, ...change };
    return this.post('/charges', { headers, body, signal });
  }

  refund(chargeId: unknown): Promise<Answer> {
    return this.post('/refunds', { headers: {}, body: { chargeId } });
  }

  cancelCharge(key: string | undefined): Promise<Answer> {
    return this.post('/charges/cancel', {
      headers: key === undefined ? {} : { 'idempotency-key': key },
      body: {},
    });
  }

  async charges(): Promise<Record<string, unknown>[]> {
    return objects(await (await fetch(`${this.url}/charges`)).text());
  }

  private async post(
    path: string,
    {
      headers,
      body,
      signal,
    }: { headers: Record<string, string>; body: object; signal?: AbortSignal | undefined },
  ): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      ...(signal !== undefined && { signal }),
    });
    return { status: response.status, body: objects(`[${await response.text()}]`)[0] ?? {} };
  }
}

/** Parses a text that has to be a JSON list of objects. */
function objects(text: string): Record<string, unknown>[] {
  const value: unknown = JSON.parse(text);
  if (!Array.isArray(value)) throw new Error(`not a JSON list: ${text}`);
  return value.filter(isObject);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
