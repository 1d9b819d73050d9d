import { Controller, Get, Param } from '@nestjs/common';
import { ApiNotFoundResponse, ApiOkResponse, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Database } from '@orderflow/database';
import { Problem } from '@orderflow/service';
import { isUUID } from 'class-validator';
import { ReservationStore } from '../store/reservation.store.ts';

class StockLineResponse {
  @ApiProperty({ example: 'MUG' })
  readonly sku!: string;

  @ApiProperty({ type: 'integer', example: 2 })
  readonly quantity!: number;
}

class ReservationResponse {
  @ApiProperty({ format: 'uuid' })
  readonly orderId!: string;

  @ApiProperty()
  readonly userId!: string;

  @ApiProperty({ enum: ['reserved', 'rejected', 'released', 'closed', 'shipped'] })
  readonly status!: string;

  @ApiProperty({ type: [StockLineResponse], description: 'Empty when nothing was ever set aside.' })
  readonly lines!: readonly StockLineResponse[];
}

@ApiTags('reservations')
@Controller('reservations')
export class ReservationsController {
  constructor(
    private readonly database: Database,
    private readonly reservations: ReservationStore,
  ) {}

  @Get(':orderId')
  @ApiOkResponse({ type: ReservationResponse })
  @ApiNotFoundResponse({ description: 'Nothing was decided about this order yet.' })
  async find(@Param('orderId') orderId: string): Promise<ReservationResponse> {
    const row = isUUID(orderId) ? await this.reservations.find(this.database, orderId) : undefined;
    if (row === undefined)
      throw new Problem({ status: 404, detail: 'There is no reservation for this order.' });
    return { orderId, userId: row.user_id, status: row.status, lines: row.lines };
  }
}
