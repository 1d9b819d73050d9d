import { Injectable } from '@nestjs/common';
import { EmailRequested } from '@orderflow/contracts';
import { type BatchDelivery, contract, PoisonMessage } from '@orderflow/messaging';
import { decide } from '../domain/decide-notification.ts';
import { NO_CORRESPONDENCE, type NotificationEvent, type NotifiedFact } from '../domain/notification.ts';
import { CorrespondenceStore } from '../store/correspondence.store.ts';

/** Stores the notifications of facts and asks for their e-mails, in the transaction of the batch: both or neither. */
@Injectable()
export class TellUser {
  readonly #correspondence: CorrespondenceStore;

  constructor(correspondence: CorrespondenceStore) {
    this.#correspondence = correspondence;
  }

  /** Two facts of one order in one batch are refused by the store, and then decided one after the other. */
  async of(facts: readonly NotifiedFact[], batch: BatchDelivery): Promise<void> {
    const orderIds = facts.map(({ data }) => data.orderId);
    const known = await this.#correspondence.load(batch.tx, orderIds);
    const requested: NotificationEvent[] = [];
    for (const [fact, delivery] of batch.pair(facts)) {
      const decision = decide(known.get(fact.data.orderId) ?? NO_CORRESPONDENCE, fact);
      if (decision.kind === 'contradicted') throw new PoisonMessage(decision.because);
      if (decision.kind === 'ignored') continue;
      requested.push(decision.event);
      delivery.publish(contract(EmailRequested, decision.event.data));
    }
    await this.#correspondence.save(batch.tx, requested);
  }
}
