import { BatchDelivery, Ctx, Payload, SubscribeBatch } from '../index.ts';
import { Controller } from '@nestjs/common';
import { ParcelLoaded } from './parcel-events.test-support.ts';

/** Batch: gets the events of many keys at once, and writes them by one statement. */
@Controller()
export class ListLoadsHandler {
  @SubscribeBatch(ParcelLoaded)
  async handle(@Payload() parcels: ParcelLoaded[], @Ctx() batch: BatchDelivery): Promise<void> {
    await batch.tx.query(
      'INSERT INTO load (parcel_id, route, message_id) SELECT * FROM unnest($1::text[], $2::text[], $3::text[])',
      [
        parcels.map((parcel) => parcel.parcelId),
        parcels.map((parcel) => parcel.route),
        batch.deliveries.map((delivery) => delivery.messageId),
      ],
    );
  }
}
