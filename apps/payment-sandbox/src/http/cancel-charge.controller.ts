import { Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { IdempotencyKey } from '@orderflow/service';
import { Ledger } from '../store/ledger.ts';
import { chargeView, type ChargeView } from './charge.view.ts';
import { missingKey } from './charges.controller.ts';

/** `cancelled`: nothing was charged under the key and nothing ever will be. Otherwise the charge that was made. */
export type CancelView = { status: 'cancelled' } | ChargeView;

@Controller('charges/cancel')
export class CancelChargeController {
  constructor(@Inject(Ledger) private readonly ledger: Ledger) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Give a charge up',
    description: 'For a caller that got no answer and waits no longer.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: true, description: 'The key of the charge' })
  @ApiResponse({ status: 200, description: 'cancelled, now or before, or captured: then refund it' })
  async cancel(@IdempotencyKey() key: string | undefined): Promise<CancelView> {
    if (key === undefined) throw missingKey();
    return await this.ledger.inTurn(`key ${key}`, () => this.withdraw(key));
  }

  private async withdraw(key: string): Promise<CancelView> {
    const { book } = this.ledger;
    const decision = book.key(key)?.decision;
    if (decision?.fact === 'captured') return chargeView(decision);
    if (decision === undefined && !book.isWithdrawn(key)) {
      await this.ledger.record({ fact: 'withdrawn', key, at: new Date().toISOString() });
    }
    return { status: 'cancelled' };
  }
}
