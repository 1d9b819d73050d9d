import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiNotFoundResponse, ApiOkResponse, ApiTags, ApiUnprocessableEntityResponse } from '@nestjs/swagger';
import { Database } from '@orderflow/database';
import { OrderFactStore } from '../store/order-fact.store.ts';
import { OrderStore } from '../store/order.store.ts';
import { ListOrdersQuery } from './list-orders.query.ts';
import { OrderIdPipe, orderUnknown } from './order-id.pipe.ts';
import { OrderPageResponse, OrderResponse, orderResponse, TimelineResponse } from './order.response.ts';
import { cursorAfter, pageStart } from './page-cursor.ts';

/** What users see of orders. */
@ApiTags('orders')
@Controller('orders')
export class OrderViewsController {
  constructor(
    private readonly database: Database,
    private readonly orders: OrderStore,
    private readonly facts: OrderFactStore,
  ) {}

  @Get(':orderId')
  @ApiOkResponse({ type: OrderResponse })
  @ApiNotFoundResponse()
  async find(@Param('orderId', OrderIdPipe) orderId: string): Promise<OrderResponse> {
    const { state } = await this.orders.find(this.database, orderId);
    return orderResponse(state);
  }

  @Get()
  @ApiOkResponse({ type: OrderPageResponse })
  @ApiUnprocessableEntityResponse({ description: 'Parameters are not valid; each is named.' })
  async list(@Query() { userId, limit, cursor }: ListOrdersQuery): Promise<OrderPageResponse> {
    // One more than asked for tells whether there is another page.
    const found = await this.orders.page(this.database, userId, pageStart(cursor), limit + 1);
    const orders = found.slice(0, limit).map(({ state }) => orderResponse(state));
    const last = orders.at(-1);
    const nextCursor = found.length > limit && last !== undefined ? cursorAfter(last) : null;
    return { orders, nextCursor };
  }

  @Get(':orderId/timeline')
  @ApiOkResponse({ type: TimelineResponse })
  @ApiNotFoundResponse()
  async timeline(@Param('orderId', OrderIdPipe) orderId: string): Promise<TimelineResponse> {
    const facts = await this.facts.timeline(this.database, orderId);
    if (facts.length === 0) throw orderUnknown();
    return { orderId, facts };
  }
}
