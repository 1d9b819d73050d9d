import { Ctx, Delivery, Payload, SubscribeShared } from '../index.ts';
import { Controller } from '@nestjs/common';
import { ParcelAccepted } from './parcel-events.test-support.ts';
import { ReceiptPrinter } from './receipt.printer.test-support.ts';

/** Shared: any instance takes the next one, in no order. Always external. */
@Controller()
export class SendReceiptHandler {
  constructor(private readonly printer: ReceiptPrinter) {}

  @SubscribeShared(ParcelAccepted, { name: 'receipts' })
  async handle(@Payload() parcel: ParcelAccepted, @Ctx() delivery: Delivery): Promise<void> {
    await this.printer.print(parcel.parcelId, delivery.idempotencyKey);
  }
}
