import { contract, Ctx, Delivery, Payload, PoisonMessage, Subscribe } from '../index.ts';
import { Controller } from '@nestjs/common';
import { ParcelBooked, ParcelLoaded } from './parcel-events.test-support.ts';

/** Transactional: touches only the database, through `delivery.tx`. */
@Controller()
export class CountRouteHandler {
  @Subscribe(ParcelBooked)
  async handle(@Payload() parcel: ParcelBooked, @Ctx() delivery: Delivery): Promise<void> {
    if (parcel.route === '') throw new PoisonMessage('A booking names its route.');
    await delivery.tx.query(
      `INSERT INTO route (id, parcels) VALUES ($1, 1)
       ON CONFLICT (id) DO UPDATE SET parcels = route.parcels + 1`,
      [parcel.route],
    );
    delivery.publish(contract(ParcelLoaded, { ...parcel }));
  }
}
