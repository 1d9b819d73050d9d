import { Module } from '@nestjs/common';
import { HealthModule } from '@orderflow/service';
import { CancelChargeController } from './http/cancel-charge.controller.ts';
import { ChargesController } from './http/charges.controller.ts';
import { HeldRequests } from './http/held-requests.ts';
import { RefundsController } from './http/refunds.controller.ts';
import { Ledger } from './store/ledger.ts';

@Module({
  imports: [HealthModule],
  controllers: [ChargesController, CancelChargeController, RefundsController],
  providers: [Ledger, HeldRequests],
})
export class AppModule {}
