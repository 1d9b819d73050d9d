import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiNotFoundResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Database } from '@orderflow/database';
import { Problem } from '@orderflow/service';
import { PaymentStore } from '../store/payment.store.ts';
import { OrderIdParams } from './order-id.params.ts';
import { PaymentListResponse, PaymentResponse, toPaymentResponse } from './payment.response.ts';

@ApiTags('payments')
@Controller('payments')
export class PaymentsController {
  readonly #database: Database;
  readonly #payments: PaymentStore;

  constructor(database: Database, payments: PaymentStore) {
    this.#database = database;
    this.#payments = payments;
  }

  @Get()
  @ApiOperation({
    summary: "An order's payment as a list, empty when this service has not heard of the order",
  })
  @ApiOkResponse({ type: PaymentListResponse })
  async list(@Query() query: OrderIdParams): Promise<PaymentListResponse> {
    const row = await this.#payments.find(this.#database, query.orderId);
    return { payments: row === undefined ? [] : [toPaymentResponse(row)] };
  }

  @Get(':orderId')
  @ApiOperation({ summary: "An order's payment" })
  @ApiOkResponse({ type: PaymentResponse })
  @ApiNotFoundResponse({ description: 'Problem: this service has not heard of the order.' })
  async read(@Param() params: OrderIdParams): Promise<PaymentResponse> {
    const row = await this.#payments.find(this.#database, params.orderId);
    if (row === undefined)
      throw new Problem({ status: 404, detail: `No payment of order ${params.orderId} is known.` });
    return toPaymentResponse(row);
  }
}
