import { Contract, defineStream } from '@orderflow/messaging';
import { IsInt, IsString } from 'class-validator';

export const PRESSURE = defineStream({ name: 'PRESSURE', prefix: 'pressure', owner: 'bench' });
/** Another stream of the same service. */
export const BULK = defineStream({ name: 'BULK', prefix: 'bulk', owner: 'bench' });

/** Handled in the database alone. */
@Contract<Pressed>({
  stream: PRESSURE,
  event: 'pressed',
  version: 1,
  key: (event) => event.userId,
  example: { userId: 'user-1', n: 1, text: '' },
})
export class Pressed {
  @IsString()
  userId!: string;

  @IsInt()
  n!: number;

  @IsString()
  text!: string;
}

/** Its handler calls a dependency. */
@Contract<Asked>({
  stream: PRESSURE,
  event: 'asked',
  version: 1,
  key: (event) => event.userId,
  example: { userId: 'user-1', n: 1, text: '' },
})
export class Asked extends Pressed {}

/** Nobody handles it. */
@Contract<Piled>({
  stream: BULK,
  event: 'piled',
  version: 1,
  key: (event) => event.userId,
  example: { userId: 'user-1', n: 1, text: '' },
})
export class Piled extends Pressed {}
