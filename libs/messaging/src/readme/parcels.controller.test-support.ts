import { contract, Outbox } from '../index.ts';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { Database } from '@orderflow/database';
import { ParcelAccepted } from './parcel-events.test-support.ts';

@Controller('parcels')
export class ParcelsController {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
  ) {}

  /** The row and the event are there together or not at all. */
  @Post()
  @HttpCode(202)
  async accept(@Body() body: { customerId: string; parcelId: string; grams: number }): Promise<void> {
    const accepted = contract(ParcelAccepted, body);
    await this.database.transaction(async (tx) => {
      await tx.query('INSERT INTO parcel (id, grams) VALUES ($1, $2)', [body.parcelId, body.grams]);
      await this.outbox.add(tx, accepted);
    });
  }
}
