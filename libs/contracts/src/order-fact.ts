import { IsUUID } from 'class-validator';
import { IsUserId } from './field-rules.ts';

/** What every fact of the system says: whose it is and which order it belongs to. */
export abstract class OrderFact {
  /** Whose order it is. The key: facts of one user are handled in order. */
  @IsUserId()
  readonly userId!: string;

  @IsUUID()
  readonly orderId!: string;
}
