import { ApiProperty } from '@nestjs/swagger';

export class InstanceResponse {
  @ApiProperty({ example: 'payment' })
  service!: string;

  @ApiProperty({ description: 'Which of its processes has answered.' })
  instance!: string;

  @ApiProperty()
  partitions!: number;
}

export class StreamLimitsResponse {
  @ApiProperty({ description: '0: no limit.' })
  maxAgeMs!: number;

  @ApiProperty({ description: '-1: no limit.' })
  maxBytes!: number;

  @ApiProperty({ description: '-1: no limit.' })
  maxMessages!: number;
}

export class StreamResponse {
  @ApiProperty({ example: 'ORDERS' })
  name!: string;

  @ApiProperty({ description: 'The service that provisions it.' })
  owner!: string;

  @ApiProperty({ description: 'Whether that is this service.' })
  owned!: boolean;

  @ApiProperty()
  messages!: number;

  @ApiProperty()
  bytes!: number;

  @ApiProperty()
  firstSequence!: number;

  @ApiProperty()
  lastSequence!: number;

  @ApiProperty()
  replicas!: number;

  @ApiProperty({ type: String, nullable: true, description: 'The node that leads it, in a cluster.' })
  leader!: string | null;

  @ApiProperty()
  consumers!: number;

  @ApiProperty({ type: StreamLimitsResponse })
  limits!: StreamLimitsResponse;
}

export class StreamListResponse {
  @ApiProperty({ type: [StreamResponse] })
  items!: StreamResponse[];
}

export class ConsumerResponse {
  @ApiProperty({ example: 'payment-ORDERS-07' })
  name!: string;

  @ApiProperty({ example: 'ORDERS' })
  stream!: string;

  @ApiProperty({ enum: ['ordered', 'shared', 'unrouted'] })
  kind!: 'ordered' | 'shared' | 'unrouted';

  @ApiProperty({ type: Number, nullable: true, description: 'Of an ordered one.' })
  partition!: number | null;

  @ApiProperty({ description: 'Messages not yet delivered: the lag.' })
  pending!: number;

  @ApiProperty({ description: 'Delivered and not yet acknowledged.' })
  ackPending!: number;

  @ApiProperty({ description: 'Of those, delivered more than once.' })
  redelivered!: number;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The instance that holds its partition; of an unrouted one, that which relays the outbox.',
  })
  owner!: string | null;
}

export class ConsumerListResponse {
  @ApiProperty({ type: [ConsumerResponse] })
  items!: ConsumerResponse[];
}

export class OutboxResponse {
  @ApiProperty({
    description:
      'Events that could be published and are not yet; of each count 10,000 stands for as many or more.',
  })
  unpublished!: number;

  @ApiProperty({ description: 'Events whose time has not come.' })
  delayed!: number;

  @ApiProperty({
    description: 'Events that the broker will never take. Later events of their keys wait behind them.',
  })
  refused!: number;

  @ApiProperty({ type: Number, nullable: true, description: 'Age of the oldest unpublished event.' })
  oldestAgeMs!: number | null;

  @ApiProperty({ type: String, nullable: true, description: 'The instance that relays.' })
  relay!: string | null;
}
