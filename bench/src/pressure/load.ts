import type { Database } from '@orderflow/database';
import { setTimeout as delay } from 'node:timers/promises';
import { fillOutbox, type WaitingRows } from './outbox-filling.ts';
import { PRESSURE } from './pressed-event.ts';

const EVERY_MS = 100;

type Kind = Pick<WaitingRows, 'event' | 'keyPrefix' | 'keys'>;

export function fillPressure(database: Database, kind: Kind, count: number): Promise<void> {
  return fillOutbox(database, {
    ...kind,
    count,
    stream: PRESSURE.name,
    prefix: PRESSURE.prefix,
    textBytes: 50,
  });
}

/** Adds events to the outbox until it is told to end. Each round of keys is new. */
export async function keepAdding(
  database: Database,
  { perSecond, ...kind }: Kind & { perSecond: number },
  signal: AbortSignal,
): Promise<void> {
  const count = Math.max(1, Math.round((perSecond * EVERY_MS) / 1_000));
  while (!signal.aborted) {
    const keyPrefix = `${kind.keyPrefix}${crypto.randomUUID()}`;
    await fillPressure(database, { ...kind, keyPrefix }, count);
    await delay(EVERY_MS);
  }
}
