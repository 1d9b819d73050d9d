import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { ApiNotFoundResponse, ApiOkResponse, ApiTags, ApiUnprocessableEntityResponse } from '@nestjs/swagger';
import { Database } from '@orderflow/database';
import { invalidContent, Problem, repeatedTransaction } from '@orderflow/service';
import { type Receipt, ReceiptStore } from '../store/receipt.store.ts';
import { StockStore } from '../store/stock.store.ts';
import { ReceiveStockRequest } from './receive-stock.request.ts';
import { SkuPipe } from './sku.pipe.ts';
import { StockListResponse, StockResponse, stockResponse } from './stock.response.ts';

@ApiTags('stock')
@Controller('stock')
export class StockController {
  constructor(
    private readonly database: Database,
    private readonly stock: StockStore,
    private readonly receipts: ReceiptStore,
  ) {}

  @Get()
  @ApiOkResponse({ type: StockListResponse })
  async list(): Promise<StockListResponse> {
    const rows = await this.stock.list(this.database);
    return { stock: rows.map(stockResponse) };
  }

  @Get(':sku')
  @ApiOkResponse({ type: StockResponse })
  @ApiNotFoundResponse({ description: 'Never received.' })
  async find(@Param('sku', SkuPipe) sku: string): Promise<StockResponse> {
    const row = await this.stock.find(this.database, sku);
    if (row === undefined) throw new Problem({ status: 404, detail: 'This SKU was never received.' });
    return stockResponse(row);
  }

  @Put(':sku/receipts')
  @ApiOkResponse({
    type: StockResponse,
    description: 'The stock with the pieces of this receipt, counted once.',
  })
  @ApiUnprocessableEntityResponse({
    description: 'Fields are not valid, or the receipt id stands for another receipt.',
  })
  async receive(
    @Param('sku', SkuPipe) sku: string,
    @Body() request: ReceiveStockRequest,
  ): Promise<StockResponse> {
    const receipt = { receiptId: request.receiptId, quantity: request.quantity, sku };
    assertSame(receipt, await repeatedTransaction(this.database, (tx) => this.receipts.receive(tx, receipt)));
    return await this.find(sku);
  }
}

function assertSame(sent: Receipt, stored: Receipt): void {
  if (sent.sku === stored.sku && sent.quantity === stored.quantity) return;
  throw invalidContent([{ field: 'receiptId', message: 'stands for a receipt of another SKU or quantity' }]);
}
