import { ApiProperty } from '@nestjs/swagger';

export class RefusedEventResponse {
  @ApiProperty()
  messageId!: string;

  @ApiProperty({ example: 'ORDERS' })
  stream!: string;

  @ApiProperty({ example: 'order.user-1.created' })
  subject!: string;

  @ApiProperty()
  key!: string;

  @ApiProperty({ description: 'Why the broker will never take it as it is.' })
  reason!: string;

  @ApiProperty({ format: 'date-time' })
  refusedAt!: string;

  @ApiProperty({ description: 'Size of its body.' })
  bytes!: number;

  @ApiProperty({
    description: 'Later events of its key, which wait behind it; 1,000 stands for as many or more.',
  })
  behind!: number;
}

export class RefusedEventsResponse {
  @ApiProperty({ type: [RefusedEventResponse] })
  items!: RefusedEventResponse[];
}

export class DecidedResponse {
  @ApiProperty()
  messageId!: string;
}

export class AcceptedResponse {
  @ApiProperty({ description: 'Events that stand as published now.' })
  accepted!: number;
}
