import { bisect, type ProbedDatabase, retryConflicts, type Transaction } from '@orderflow/database';
import type { Deferring, Move, MovedRows } from '../deferred/deferring.ts';
import type { ClaimStore } from '../inbox/claim.ts';
import type { Log } from '../log/log.ts';
import type { MessageCounts } from '../message/message-counts.ts';
import { acknowledge, type ReceivedMessage } from '../message/received-message.ts';
import { insertOutboxRows as publish } from '../outbox/outbox-store.ts';
import { assertLeases as fence, type Lease } from '../ownership/fence.ts';
import type { Transact } from '../routing/effect-scope.ts';
import type { Router, SingleRoute } from '../routing/router.ts';
import type { AttemptMarker } from './attempt-marker.ts';
import type { Breakers } from './breaker.ts';
import { claimAll as claim } from './claim-all.ts';
import { Decisions } from './decisions.ts';
import type { EffectHandlers } from './effect-handlers.ts';
import type { ExternalHandlers } from './external-handlers.ts';
import type { FailedCalls } from './failed-calls.ts';
import type { FailedEffects } from './failed-effects.ts';
import type { GroupEffect } from './group-effect.ts';
import type { GroupPeek } from './group-peek.ts';
import { thrownBy } from './handler-failed.ts';
import { RoutedMessage } from './routed-message.ts';
import { type Outcome, outcomeOf, type Outcomes, SETTLED } from './settlement.ts';
import type { SuspectRuns } from './suspect-runs.ts';
import type { UnreadableMessages } from './unreadable-messages.ts';

export interface MessageLifeParts {
  router: Router;
  database: ProbedDatabase;
  claims: ClaimStore;
  deferring: Deferring;
  marker: AttemptMarker;
  suspects: SuspectRuns;
  /** Of transactional and batch handlers. */
  unreadable: UnreadableMessages;
  handlers: EffectHandlers;
  failedEffects: FailedEffects;
  /** Of external handlers. */
  breakers: Breakers;
  peeks: GroupPeek;
  externals: ExternalHandlers;
  effects: GroupEffect;
  failedCalls: FailedCalls;
  counts: MessageCounts;
  log: Log;
  wakeRelay: () => void;
}

/** Messages that are handled together. */
export interface Received {
  /** Of one consumer, in order within each key. One by itself if its handler is external, or if it is a suspect. */
  readonly messages: readonly ReceivedMessage[];
  /** The right to settle them: one for each partition. None for what the stream of a queue group delivered. */
  readonly leases: readonly Lease[];
  /** Ends it between two handlers: what is not yet decided has no outcome. */
  readonly release?: AbortSignal | undefined;
  /** How often a suspect was delivered, where a failure has it delivered again. */
  readonly deliveries?: number | undefined;
}

/** Looked at again soon. */
const UNDECIDED: Outcome = { state: 'waiting', forMs: 100 };
const NEVER = new AbortController().signal;

/**
 * The life of a message, from the lane or queue group that received it to the ack. All that handles messages comes through `run`,
 * which routes and acknowledges them. Between the two are fence, claim, handle, publish and commit: in `#handleTogether` for
 * transactional and batch handlers, which share a transaction, and in `#handleOutside` for an external handler, which calls the
 * world before its own. They are two because that handler calls the commit from within.
 */
export class MessageLife {
  readonly #parts: MessageLifeParts;

  constructor(parts: MessageLifeParts) {
    this.#parts = parts;
  }

  /**
   * Resolves when each message is settled, has to wait, or is left behind one that has to wait. Those that are settled are
   * acknowledged. Rejects on OwnershipLost and when the database is away: then nothing more is decided.
   */
  async run(received: Received): Promise<Outcomes> {
    const routed = received.messages.map((held) => new RoutedMessage(this.#parts.router, held));
    const [first] = routed;
    const outcomes =
      first?.held.suspect === true
        ? await this.#handleApart(first, received)
        : await this.#handle(routed, received);
    for (const [held, { state }] of outcomes) if (state === 'settled') this.acknowledge(held);
    return outcomes;
  }

  async #handle(routed: readonly RoutedMessage[], received: Received): Promise<Outcomes> {
    const [first] = routed;
    if (first?.route?.kind === 'external' && routed.length === 1)
      return await this.#handleOutside(first, first.route, received);
    return await this.#handleTogether(routed, received);
  }

  /** Transactional and batch handlers, in one transaction. When it fails its messages are handled in halves, down to the one that fails. */
  async #handleTogether(routed: readonly RoutedMessage[], { leases, release }: Received): Promise<Outcomes> {
    const { claims, unreadable, handlers, failedEffects, wakeRelay } = this.#parts;
    const decisions = new Decisions(release);
    await unreadable.deadLetter(routed, leases, decisions);
    await bisect(routed, {
      isLeft: ({ held }) => decisions.isOpen(held),
      work: async (messages) => {
        const { claimed, published } = await this.#commit(messages, async (tx) => {
          await fence(tx, leases);
          const claimed = await claim(tx, claims, messages);
          const published = await handlers.handle(tx, claimed, release);
          await publish(tx, published);
          return { claimed, published };
        });
        if (published.length > 0) wakeRelay();
        for (const { item, claim } of claimed) decisions.add(item.held, outcomeOf(claim));
      },
      failed: (messages, error) => failedEffects.decide(messages, { error, leases, decisions }),
    });
    return decisions.outcomes;
  }

  /**
   * An external handler, outside of any transaction. Fence and claim are asked before it calls the world; they hold, with what
   * it publishes, in the transaction that commits its effect.
   */
  async #handleOutside(message: RoutedMessage, route: SingleRoute, { leases }: Received): Promise<Outcomes> {
    const { breakers, peeks, externals, effects, failedCalls } = this.#parts;
    const { held } = message;
    const outcome = await breakers.guard(route.dependency ?? '', async (breaker) => {
      const claim = await peeks.at(held, leases);
      if (claim.state !== 'new') return outcomeOf(claim);
      try {
        const commit: Transact = (work, entry) => effects.commit({ held, leases, work, entry });
        await externals.handle(message, route, { claim, commit });
      } catch (error) {
        return await failedCalls.decide(message, { error, claim, leases });
      }
      breaker.reset();
      return SETTLED;
    });
    return new Map([[held, outcome]]);
  }

  /** A message that may have ended its process, with nothing beside it in this one. */
  async #handleApart(message: RoutedMessage, received: Received): Promise<Outcomes> {
    const { suspects, marker } = this.#parts;
    const { held } = message;
    const { leases, release = NEVER, deliveries } = received;
    const handle = async (): Promise<Outcome> =>
      (await this.#handle([message], { messages: [held], leases })).get(held) ?? UNDECIDED;
    const outcome = await suspects.run(held, {
      leases,
      deliveries,
      signal: release,
      vet: () => marker.vet(held, leases),
      handle: () => marker.count(held, leases, handle),
    });
    return new Map(typeof outcome === 'object' ? [[held, outcome]] : []);
  }

  /** One by itself is tried again when another transaction was in its way. */
  async #commit<T>(messages: readonly RoutedMessage[], work: (tx: Transaction) => Promise<T>): Promise<T> {
    const commit = (): Promise<T> => this.#parts.database.transaction(work);
    return messages.length > 1 ? await commit() : await retryConflicts(commit, thrownBy);
  }

  /** Moves to the database what has to wait. Then it may be acknowledged: its stream need not keep it any longer. */
  async defer(move: Move): Promise<MovedRows> {
    const rows = await this.#parts.deferring.move(move);
    this.#parts.counts.deferred += rows.size;
    return rows;
  }

  /** Tells the broker that a message is settled here. */
  acknowledge(held: ReceivedMessage): void {
    this.#parts.counts.settled++;
    acknowledge(held, this.#parts.log);
  }
}
