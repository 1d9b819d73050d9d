import { Contract, defineStream } from '@orderflow/messaging';
import { IsInt, IsNumber, IsString } from 'class-validator';
import { textPayloads, inTurn } from '../payload.ts';
import type { Due } from './send-schedule.ts';

export const TIMED = defineStream({ name: 'TIMED', prefix: 'timed', owner: 'bench' });

/** Carries when it was due, so that whoever commits its effect knows how late that is. */
@Contract<Timed>({
  stream: TIMED,
  event: 'happened',
  version: 1,
  key: (event) => event.userId,
  example: { userId: 'user-1', n: 1, dueAt: 1.5, text: '' },
})
export class Timed {
  @IsString()
  userId!: string;

  @IsInt()
  n!: number;

  @IsNumber()
  dueAt!: number;

  @IsString()
  text!: string;
}

const KEYS = 10_000;
const texts = textPayloads();

export function timedEvent({ n, dueAt }: Due): Timed {
  return { userId: `user-${n % KEYS}`, n, dueAt, text: inTurn(texts, n) };
}

/** For a broker that carries no id of its own. */
export interface TimedMessage extends Timed {
  readonly messageId: string;
}

export function isTimedMessage(value: unknown): value is TimedMessage {
  return typeof value === 'object' && value !== null && 'messageId' in value && 'dueAt' in value;
}
