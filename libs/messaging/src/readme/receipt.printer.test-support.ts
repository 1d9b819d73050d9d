import { Injectable } from '@nestjs/common';

/** Stands in for a printer. */
@Injectable()
export class ReceiptPrinter {
  readonly printed: string[] = [];

  async print(parcelId: string, idempotencyKey: string): Promise<void> {
    this.printed.push(`${parcelId} ${idempotencyKey}`);
    await Promise.resolve();
  }
}
