import type { OrderDetails, OrderState } from '@orderflow/order';
import { PaymentModel } from './model-payment.test-support.ts';
import { type Mishap, ModelProvider } from './model-provider.test-support.ts';
import {
  type Fact,
  InventoryModel,
  type ModelService,
  NotificationModel,
  OrderModel,
  type StreamName,
} from './model-services.test-support.ts';

/** How a delivery ends. `echo`: it took effect, and comes once more where no inbox remembers it. */
export type Ending = 'acknowledged' | 'crash-before-commit' | 'crash-before-ack' | 'echo';

/** How the messaging under the services can be wrong: the model must notice. */
export type Flaw = 'marks-inbox-first' | 'no-order-in-a-stream';

export interface ShopPlan {
  orders: readonly OrderDetails[];
  /** Which of them their user cancels, at some time. */
  cancelled: readonly boolean[];
  stock: ReadonlyMap<string, number>;
  mishaps: readonly Mishap[];
  flaw?: Flaw | undefined;
}

interface Message {
  readonly id: string;
  readonly fact: Fact;
}

interface Step {
  readonly what: string;
  readonly run: (ending: Ending) => void;
}

/**
 * The whole shop in one process, with the promises of the messaging library and nothing more: each key's facts in order
 * within a stream, any interleaving across streams, redelivery after a crash, an inbox in the effect's transaction, an
 * outbox row at most once in a stream unless it is sent twice.
 */
export class ModelShop {
  readonly order = new OrderModel();
  readonly notification = new NotificationModel();
  readonly inventory: InventoryModel;
  readonly payment: PaymentModel;
  readonly provider: ModelProvider;
  /** By stream and user, as stored. */
  readonly stored = new Map<string, Message[]>();
  readonly #plan: ShopPlan;
  readonly #outbox = new Map<string, Message[]>();
  readonly #delayed = new Map<string, Message>();
  readonly #positions = new Map<string, number>();
  readonly #inbox = new Set<string>();
  readonly #cancelling = new Set<number>();
  #placed = 0;
  #messages = 0;

  constructor(plan: ShopPlan) {
    this.#plan = plan;
    this.provider = new ModelProvider(plan.mishaps);
    const levels = [...plan.stock].map(
      ([sku, onHand]) => [sku, { onHand, reserved: 0, shipped: 0 }] as const,
    );
    this.inventory = new InventoryModel(new Map(levels));
    this.payment = new PaymentModel(this.provider);
  }

  /** Everything that may happen next. What only the passing of time brings comes last. */
  steps(): Step[] {
    return [...this.#userSteps(), ...this.#relaySteps(), ...this.#deliverySteps(), ...this.#dueSteps()];
  }

  #userSteps(): Step[] {
    const steps: Step[] = [];
    const next = this.#plan.orders[this.#placed];
    if (next !== undefined) {
      const place = (): void => {
        this.#placed++;
        this.#commit('order', this.order.apply(next.orderId, { type: 'place', details: next }));
      };
      steps.push({ what: `place ${next.orderId}`, run: place });
    }
    for (const [index, details] of this.#plan.orders.slice(0, this.#placed).entries()) {
      if (this.#plan.cancelled[index] !== true || this.#cancelling.has(index)) continue;
      const cancel = (): void => {
        this.#cancelling.add(index);
        this.#commit('order', this.order.apply(details.orderId, { type: 'cancel-requested' }));
      };
      steps.push({ what: `cancel ${details.orderId}`, run: cancel });
    }
    return steps;
  }

  /** One row of a key at a time; a relay that dies before it marks the row sends it again. */
  #relaySteps(): Step[] {
    return [...this.#outbox].flatMap(([key, rows]) => {
      const [message] = rows;
      if (message === undefined) return [];
      const send = (ending: Ending): void => {
        this.#store(message);
        if (ending === 'acknowledged') rows.shift();
      };
      return [{ what: `relay ${key} ${message.id}`, run: send }];
    });
  }

  #deliverySteps(): Step[] {
    const services: ModelService[] = [this.order, this.inventory, this.payment, this.notification];
    return services.flatMap((service) =>
      service.reads.flatMap((stream) => this.#deliveriesTo(service, stream)),
    );
  }

  #deliveriesTo(service: ModelService, stream: StreamName): Step[] {
    return [...this.stored].flatMap(([key, messages]) => {
      if (!key.startsWith(`${stream}/`)) return [];
      const consumer = `${service.name}/${key}`;
      const position = this.#positions.get(consumer) ?? 0;
      const message = this.#next(messages, position);
      if (message === undefined) return [];
      const run = (ending: Ending): void => {
        if (this.#deliver(service, message, ending)) this.#positions.set(consumer, position + 1);
      };
      return [{ what: `deliver ${message.id} to ${service.name}`, run }];
    });
  }

  #next(messages: readonly Message[], position: number): Message | undefined {
    if (this.#plan.flaw !== 'no-order-in-a-stream') return messages[position];
    // Each pair of neighbours changes places.
    return messages[
      position % 2 === 0 && position + 1 < messages.length ? position + 1 : position - (position % 2)
    ];
  }

  #dueSteps(): Step[] {
    return [...this.#delayed.values()].map((message) => ({
      what: `due ${message.id}`,
      run: () => {
        this.#delayed.delete(message.id);
        this.#queue('order', message);
      },
    }));
  }

  /** True when it is acknowledged. */
  #deliver(service: ModelService, message: Message, ending: Ending): boolean {
    const mark = `${service.name}/${message.id}`;
    if (this.#inbox.has(mark)) return true;
    if (this.#plan.flaw === 'marks-inbox-first') this.#inbox.add(mark);
    const effect = service.handle(message.fact);
    if (effect === undefined || ending === 'crash-before-commit') return false;
    this.#inbox.add(mark);
    this.#commit(service.name, effect);
    if (ending === 'echo') {
      const echoed = service.handle(message.fact);
      if (echoed !== undefined) this.#commit(service.name, echoed);
    }
    return ending !== 'crash-before-ack';
  }

  #commit(service: string, effect: { facts: readonly Fact[]; commit: () => void }): void {
    effect.commit();
    for (const fact of effect.facts) {
      const message = { id: `${fact.event.type}-${++this.#messages}`, fact };
      if (waitsFor(fact) !== undefined) this.#delayed.set(message.id, message);
      else this.#queue(service, message);
    }
    this.#forgetSettledDues();
  }

  /** As order-journal.ts: a reminder that has not come due is taken back once the order is not waiting for it. */
  #forgetSettledDues(): void {
    for (const [id, { fact }] of this.#delayed)
      if (this.order.orders.get(fact.event.data.orderId)?.status !== waitsFor(fact)) this.#delayed.delete(id);
  }

  #queue(service: string, message: Message): void {
    const key = `${service}/${message.fact.event.data.userId}`;
    this.#outbox.set(key, [...(this.#outbox.get(key) ?? []), message]);
  }

  #store(message: Message): void {
    const key = `${message.fact.stream}/${message.fact.event.data.userId}`;
    this.stored.set(key, [...(this.stored.get(key) ?? []), message]);
  }
}

/** The status in which a reminder is needed; undefined for a fact that is none. */
function waitsFor({ stream, event }: Fact): OrderState['status'] | undefined {
  if (stream !== 'ORDERS') return undefined;
  if (event.type === 'stock-due') return 'created';
  return event.type === 'payment-due' ? 'reserved' : undefined;
}
