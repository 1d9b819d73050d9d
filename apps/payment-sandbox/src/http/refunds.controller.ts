import { randomUUID } from 'node:crypto';
import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse } from '@nestjs/swagger';
import { Problem } from '@orderflow/service';
import type { Refunded } from '../domain/fact.ts';
import { Ledger } from '../store/ledger.ts';
import { RefundRequest } from './charge.request.ts';

export interface RefundView {
  refundId: string;
  chargeId: string;
  status: 'refunded';
  amount: number;
  currency: string;
}

@Controller('refunds')
export class RefundsController {
  constructor(@Inject(Ledger) private readonly ledger: Ledger) {}

  @Post()
  @HttpCode(201)
  @ApiOperation({
    summary: 'Give a whole charge back',
    description: 'A charge is refunded once, however often asked.',
  })
  @ApiResponse({ status: 201, description: 'Refunded, now or before' })
  @ApiResponse({ status: 404, description: 'No such charge' })
  async refund(@Body() { chargeId }: RefundRequest): Promise<RefundView> {
    const charge = this.ledger.book.charge(chargeId);
    if (charge === undefined) throw unknownCharge();
    const { refundId } = await this.ledger.inTurn(`charge ${chargeId}`, () => this.refundOnce(chargeId));
    return { refundId, chargeId, status: 'refunded', amount: charge.amount, currency: charge.currency };
  }

  private async refundOnce(chargeId: string): Promise<Refunded> {
    const made = this.ledger.book.refundOf(chargeId);
    if (made !== undefined) return made;
    const at = new Date().toISOString();
    return await this.ledger.record({ fact: 'refunded', refundId: randomUUID(), chargeId, at });
  }
}

/** The code tells it from the 404 of a path that does not exist. */
function unknownCharge(): Problem {
  const extensions = { code: 'charge_unknown' };
  return new Problem({ status: 404, detail: 'There is no charge of this id.', extensions });
}
