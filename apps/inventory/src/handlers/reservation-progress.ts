import { Injectable } from '@nestjs/common';
import { type BatchDelivery, PoisonMessage } from '@orderflow/messaging';
import { decide } from '../domain/decide-reservation.ts';
import { evolve, stockChangesOf } from '../domain/evolve-reservation.ts';
import { NO_RESERVATION, type ReservationCommand, type ReservationEvent } from '../domain/reservation.ts';
import { applyChanges, type StockChanges, type StockLevels, sumOf } from '../domain/stock.ts';
import { ReservationStore, type SavedReservation } from '../store/reservation.store.ts';
import { StockStore } from '../store/stock.store.ts';
import { publishedEvent } from './published-event.ts';

/** A command before it is known what is in the house: that depends on what the batch decided before it. */
export type ReservationRequest =
  | Exclude<ReservationCommand, { type: 'reserve' }>
  | Omit<Extract<ReservationCommand, { type: 'reserve' }>, 'levels'>;

const NOTHING: StockLevels = new Map();

/**
 * Brings the reservations of many orders one step further, and moves the pieces that this moves: each row is locked
 * once, the decisions are taken one after the other in the order of the facts, and what they come to is written once.
 */
@Injectable()
export class ReservationProgress {
  constructor(
    private readonly reservations: ReservationStore,
    private readonly stock: StockStore,
  ) {}

  /**
   * Two facts of one order in one batch are refused by the store, and then decided one after the other.
   *
   * @param held levels of all SKUs that are asked for, locked; only reservations need them
   * @throws PoisonMessage when a fact cannot be true of its order: a retry would not change that
   */
  async advance(
    batch: BatchDelivery,
    requests: readonly ReservationRequest[],
    held?: StockLevels,
  ): Promise<void> {
    const orderIds = requests.map(({ order }) => order.orderId);
    const known = await this.reservations.lock(batch.tx, orderIds);
    let levels = held ?? NOTHING;
    const moved: StockChanges[] = [];
    const saved: SavedReservation[] = [];
    for (const [request, delivery] of batch.pair(requests)) {
      const { order } = request;
      const reservation = known.get(order.orderId) ?? NO_RESERVATION;
      const event = acceptedOf(
        decide(reservation, request.type === 'reserve' ? { ...request, levels } : request),
      );
      if (event === undefined) continue;
      const changes = stockChangesOf(event);
      levels = applyChanges(levels, changes);
      moved.push(changes);
      saved.push({ order, reservation: evolve(reservation, event) });
      const fact = publishedEvent(event);
      if (fact !== undefined) delivery.publish(fact);
    }
    await this.reservations.save(batch.tx, saved);
    const changes = sumOf(moved);
    if (held === undefined) await this.stock.note(batch.tx, changes);
    else await this.stock.apply(batch.tx, changes);
  }
}

function acceptedOf(decision: ReturnType<typeof decide>): ReservationEvent | undefined {
  switch (decision.kind) {
    case 'accepted':
      return decision.event;
    case 'ignored':
      return undefined;
    case 'contradicted':
      throw new PoisonMessage(decision.because);
  }
}
