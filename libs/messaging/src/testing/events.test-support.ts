import { IsInt, IsString } from 'class-validator';
import { contract, Contract } from '../contract/contract.ts';
import { defineStream } from '../contract/stream-definition.ts';

export const NOTES = defineStream({ name: 'NOTES', prefix: 'note', owner: 'notes' });

/** An event of any size. */
@Contract<Noted>({
  stream: NOTES,
  event: 'noted',
  version: 1,
  key: (event) => event.userId,
  example: { userId: 'u1', n: 1, text: '' },
})
export class Noted {
  @IsString()
  userId!: string;

  @IsInt()
  n!: number;

  @IsString()
  text!: string;
}

export function noted(userId: string, n: number, text = ''): Noted {
  return contract(Noted, { userId, n, text });
}
