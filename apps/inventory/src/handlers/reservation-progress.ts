import { Injectable } from '@nestjs/common';
import { type Delivery, PoisonMessage } from '@orderflow/messaging';
import { decide } from '../domain/decide-reservation.ts';
import { evolve, stockChangesOf } from '../domain/evolve-reservation.ts';
import type { ReservationCommand, ReservationEvent } from '../domain/reservation.ts';
import { ReservationStore } from '../store/reservation.store.ts';
import { StockStore } from '../store/stock.store.ts';
import { publishedEvent } from './published-event.ts';

/** Brings an order's reservation one step further, and moves the pieces that this moves. */
@Injectable()
export class ReservationProgress {
  constructor(
    private readonly reservations: ReservationStore,
    private readonly stock: StockStore,
  ) {}

  /** @throws PoisonMessage when the fact cannot be true of this order: a retry would not change that */
  async advance(delivery: Delivery, command: ReservationCommand): Promise<void> {
    const reservation = await this.reservations.lock(delivery.tx, command.order);
    const decision = decide(reservation, command);
    switch (decision.kind) {
      case 'accepted':
        await this.stock.apply(delivery.tx, stockChangesOf(decision.event));
        await this.reservations.save(delivery.tx, command.order, evolve(reservation, decision.event));
        publish(delivery, decision.event);
        return;
      case 'ignored':
        return;
      case 'contradicted':
        throw new PoisonMessage(decision.because);
    }
  }
}

function publish(delivery: Delivery, event: ReservationEvent): void {
  const fact = publishedEvent(event);
  if (fact !== undefined) delivery.publish(fact);
}
