import { ApiProperty } from '@nestjs/swagger';

export class DeadLetterResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty({ description: '`ordered`, the name of a queue group, or `unrouted`.' })
  consumer!: string;

  @ApiProperty()
  key!: string;

  @ApiProperty()
  messageId!: string;

  @ApiProperty({ example: 'ORDERS' })
  stream!: string;

  @ApiProperty()
  sequence!: number;

  @ApiProperty({ example: 'order.7.user-1.created' })
  subject!: string;

  @ApiProperty({ type: String, nullable: true })
  reason!: string | null;

  @ApiProperty()
  attempts!: number;

  @ApiProperty({ description: 'How often it was a dead letter.' })
  deaths!: number;

  @ApiProperty({
    enum: ['dead', 'waiting'],
    description: '`waiting`: it was redriven and is not yet handled.',
  })
  state!: string;

  @ApiProperty({ description: 'Whether later messages of its key wait for it.' })
  blocks!: boolean;

  @ApiProperty({ description: 'How many wait behind it.' })
  behind!: number;

  @ApiProperty({ format: 'date-time' })
  parkedAt!: string;
}

export class DeadLetterPageResponse {
  @ApiProperty({ type: [DeadLetterResponse] })
  items!: DeadLetterResponse[];

  @ApiProperty({ type: Number, nullable: true, description: 'Give it as `after`; null on the last page.' })
  next!: number | null;
}

export class AttemptResponse {
  @ApiProperty({ format: 'date-time' })
  at!: string;

  @ApiProperty()
  error!: string;
}

export class InterventionResponse {
  @ApiProperty({ format: 'date-time' })
  at!: string;

  @ApiProperty()
  who!: string;

  @ApiProperty()
  why!: string;

  @ApiProperty({ enum: ['redrive', 'discard', 'edit'] })
  action!: string;
}

export class DeadLetterDetailResponse extends DeadLetterResponse {
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  headers!: Record<string, string>;

  @ApiProperty({ description: 'May hold personal data.' })
  body!: string;

  @ApiProperty({ enum: ['utf8', 'base64'] })
  bodyEncoding!: string;

  @ApiProperty({ type: [AttemptResponse], description: 'The attempts that failed; the last 20.' })
  history!: AttemptResponse[];

  @ApiProperty({ type: [InterventionResponse] })
  interventions!: InterventionResponse[];
}

export class ChangedResponse {
  @ApiProperty({ type: [Number], description: 'Ids, in the order in which they are handled.' })
  ids!: number[];
}

export class BlockedKeyResponse {
  @ApiProperty()
  consumer!: string;

  @ApiProperty()
  key!: string;

  @ApiProperty()
  partition!: number;

  @ApiProperty({
    enum: ['blocked', 'draining'],
    description: '`blocked`: waiting for an operator. `draining`: handled as soon as its time has come.',
  })
  state!: string;

  @ApiProperty({ format: 'date-time' })
  since!: string;

  @ApiProperty({ description: 'Messages that are kept for it, the dead one included.' })
  parked!: number;
}

export class BlockedKeyPageResponse {
  @ApiProperty({ type: [BlockedKeyResponse] })
  items!: BlockedKeyResponse[];

  @ApiProperty({ type: String, nullable: true, description: 'Give it as `after`; null on the last page.' })
  next!: string | null;
}
