import { Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse } from '@nestjs/swagger';
import { AdminController } from './admin-controller.decorator.ts';
import {
  ConsumerListResponse,
  InstanceResponse,
  OutboxResponse,
  StreamListResponse,
} from './broker.responses.ts';
import { BrokerView } from './broker-view.ts';
import { OutboxView } from '../observability/outbox-view.ts';

const AWAY = { description: 'Problem: the broker does not answer.' };

@AdminController('messaging')
export class MessagingViewsController {
  readonly #broker: BrokerView;
  readonly #tables: OutboxView;

  constructor(@Inject(BrokerView) broker: BrokerView, @Inject(OutboxView) tables: OutboxView) {
    this.#broker = broker;
    this.#tables = tables;
  }

  @Get()
  @ApiOperation({ summary: 'Which service this is, and which of its instances answers' })
  @ApiOkResponse({ type: InstanceResponse })
  instance(): InstanceResponse {
    return this.#broker.instance();
  }

  @Get('streams')
  @ApiOperation({ summary: 'Streams that this service owns or reads' })
  @ApiOkResponse({ type: StreamListResponse })
  @ApiServiceUnavailableResponse(AWAY)
  async streams(): Promise<StreamListResponse> {
    return { items: await this.#broker.streams() };
  }

  @Get('consumers')
  @ApiOperation({ summary: 'Durable consumers of this service, how far behind they are, and who holds them' })
  @ApiOkResponse({ type: ConsumerListResponse })
  @ApiServiceUnavailableResponse(AWAY)
  async consumers(): Promise<ConsumerListResponse> {
    return { items: await this.#broker.consumers() };
  }

  @Get('outbox')
  @ApiOperation({ summary: 'Events of this service that are not yet published' })
  @ApiOkResponse({ type: OutboxResponse })
  async outbox(): Promise<OutboxResponse> {
    return await this.#tables.outbox();
  }
}
