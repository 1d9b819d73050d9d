import { Injectable } from '@nestjs/common';
import { EmailRequested } from '@orderflow/contracts';
import { contract, type Delivery, PoisonMessage } from '@orderflow/messaging';
import { decide } from '../domain/decide-notification.ts';
import type { NotifiedFact } from '../domain/notification.ts';
import { CorrespondenceStore } from '../store/correspondence.store.ts';

/** Stores the notification of a fact and asks for its e-mail, in the transaction of the delivery: both or neither. */
@Injectable()
export class TellUser {
  readonly #correspondence: CorrespondenceStore;

  constructor(correspondence: CorrespondenceStore) {
    this.#correspondence = correspondence;
  }

  async of(fact: NotifiedFact, delivery: Delivery): Promise<void> {
    const state = await this.#correspondence.load(delivery.tx, fact.data.orderId);
    const decision = decide(state, fact);
    switch (decision.kind) {
      case 'accepted':
        await this.#correspondence.save(delivery.tx, decision.event);
        delivery.publish(contract(EmailRequested, decision.event.data));
        return;
      case 'ignored':
        return;
      case 'contradicted':
        throw new PoisonMessage(decision.because);
    }
  }
}
