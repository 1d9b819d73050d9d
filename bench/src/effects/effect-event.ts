import { Contract, defineStream } from '@orderflow/messaging';
import { IsInt, IsString } from 'class-validator';

export const EFFECTS = defineStream({ name: 'EFFECTS', prefix: 'effect', owner: 'bench' });

/** What each contestant writes one row for. */
@Contract<Happened>({
  stream: EFFECTS,
  event: 'happened',
  version: 1,
  key: (event) => event.userId,
  example: { userId: 'user-1', n: 1, text: '' },
})
export class Happened {
  @IsString()
  userId!: string;

  @IsInt()
  n!: number;

  @IsString()
  text!: string;
}
