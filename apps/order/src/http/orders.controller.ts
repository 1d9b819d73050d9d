import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiHeader,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiTags,
  ApiUnprocessableEntityResponse,
} from '@nestjs/swagger';
import { Database } from '@orderflow/database';
import { bodyHash, IdempotencyKey, repeatedTransaction } from '@orderflow/service';
import { OrderCancellation } from './order-cancellation.ts';
import { OrderIdPipe } from './order-id.pipe.ts';
import { OrderPlacement } from './order-placement.ts';
import { OrderResponse, orderResponse } from './order.response.ts';
import { PlaceOrderRequest } from './place-order.request.ts';

/** What users do with orders. */
@ApiTags('orders')
@Controller('orders')
export class OrdersController {
  constructor(
    private readonly database: Database,
    private readonly placement: OrderPlacement,
    private readonly cancellation: OrderCancellation,
  ) {}

  @Post()
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: '1 to 255 visible ASCII characters.' })
  @ApiCreatedResponse({ type: OrderResponse, description: 'Accepted. It will not be lost.' })
  @ApiConflictResponse({ description: 'A request with this Idempotency-Key is still running.' })
  @ApiUnprocessableEntityResponse({ description: 'Fields are not valid; each is named.' })
  async place(
    @IdempotencyKey() key: string | undefined,
    @Body() request: PlaceOrderRequest,
  ): Promise<OrderResponse> {
    // Two users may choose the same key.
    const scope = `POST /orders of ${request.userId}`;
    const placement = { scope, key, bodyHash: bodyHash(request), order: request };
    return await this.placement.place(placement);
  }

  @Post(':orderId/cancel')
  @HttpCode(200)
  @ApiOkResponse({ type: OrderResponse, description: 'Cancelled, now or by an earlier request.' })
  @ApiNotFoundResponse()
  @ApiConflictResponse({ description: 'It is paid, shipped, or cancelled for another reason.' })
  async cancel(@Param('orderId', OrderIdPipe) orderId: string): Promise<OrderResponse> {
    const cancelled = await repeatedTransaction(this.database, (tx) => this.cancellation.cancel(tx, orderId));
    return orderResponse(cancelled);
  }
}
