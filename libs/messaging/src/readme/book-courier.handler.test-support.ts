import { contract, Ctx, Delivery, DependencyDown, Payload, Subscribe } from '../index.ts';
import { Controller } from '@nestjs/common';
import { CourierAway, CourierClient } from './courier.client.test-support.ts';
import { ParcelAccepted, ParcelBooked } from './parcel-events.test-support.ts';

/** External: calls the world outside of any transaction, then commits once. */
@Controller()
export class BookCourierHandler {
  constructor(private readonly courier: CourierClient) {}

  @Subscribe(ParcelAccepted, { kind: 'external', timeoutMs: 5_000, dependency: 'courier' })
  async handle(@Payload() parcel: ParcelAccepted, @Ctx() delivery: Delivery): Promise<void> {
    const { customerId, parcelId } = parcel;
    const route = await this.book(parcelId, delivery);
    await delivery.transact(async (tx) => {
      await tx.query('UPDATE parcel SET route = $2 WHERE id = $1', [parcelId, route]);
      delivery.publish(contract(ParcelBooked, { customerId, parcelId, route }));
    });
  }

  private async book(parcelId: string, { idempotencyKey, signal }: Delivery): Promise<string> {
    try {
      // The same key at each attempt: the other side must answer a repeated key with its first answer.
      return await this.courier.book(parcelId, idempotencyKey, signal);
    } catch (error) {
      if (error instanceof CourierAway) throw new DependencyDown('courier', { cause: error });
      throw error;
    }
  }
}
