import { eventually } from '@orderflow/testing';
import type { PaymentService } from './payment-service.test-support.ts';

export interface DeadLetter {
  id: number;
  reason: string;
  state: string;
  deaths: number;
}

/** The dead letters of a user, as an operator sees them. */
export async function deadLettersOf(payment: PaymentService, userId: string): Promise<DeadLetter[]> {
  const { body } = await payment.get(`/messaging/dead-letters?key=${userId}`);
  const items: unknown =
    typeof body === 'object' && body !== null && 'items' in body ? body.items : undefined;
  return Array.isArray(items) ? items.filter(isDead) : [];
}

function isDead(item: unknown): item is DeadLetter {
  return typeof item === 'object' && item !== null && 'state' in item && item.state === 'dead';
}

export async function deadLetterOf(payment: PaymentService, userId: string, deaths = 1): Promise<DeadLetter> {
  return await eventually(
    async () => (await deadLettersOf(payment, userId)).find((letter) => letter.deaths >= deaths),
    { what: `user ${userId} has a dead letter` },
  );
}

export async function redrive(payment: PaymentService, { id }: DeadLetter): Promise<void> {
  await intervene(payment, 'POST', `${String(id)}/redrive`, {});
}

export async function editBody(payment: PaymentService, { id }: DeadLetter, body: object): Promise<void> {
  await intervene(payment, 'PUT', `${String(id)}/body`, { body: JSON.stringify(body) });
}

async function intervene(
  payment: PaymentService,
  method: string,
  path: string,
  fields: object,
): Promise<void> {
  const response = await fetch(`${payment.url}/messaging/dead-letters/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ who: 'ada', why: 'test', ...fields }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${String(response.status)} ${await response.text()}`);
}
