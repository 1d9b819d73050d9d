import { Inject, Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { MessagingRuntime } from '../runtime/messaging-runtime.ts';
import { SharedAnswer } from './shared-answer.ts';

/** The outbox is stuck when a row that could be published has waited this long, and none has been published for as long. */
const RELAY_STUCK_MS = 30_000;

/** A handover takes less than this, also after a crash. */
const UNOWNED_AFTER_MS = 10_000;
const ANSWER_WITHIN_MS = 1_000;
const KEEP_ANSWER_MS = 500;

/**
 * Indicators for `@nestjs/terminus`. Each is cheap enough to be asked every second, and names neither addresses nor
 * credentials.
 */
@Injectable()
export class MessagingHealth {
  readonly #runtime: MessagingRuntime;
  readonly #indicators: HealthIndicatorService;
  readonly #roundTrip = new SharedAnswer(() => this.#askBroker(), KEEP_ANSWER_MS);
  readonly #backlog = new SharedAnswer(() => this.#askOutbox(), KEEP_ANSWER_MS);

  constructor(
    @Inject(MessagingRuntime) runtime: MessagingRuntime,
    @Inject(HealthIndicatorService) indicators: HealthIndicatorService,
  ) {
    this.#runtime = runtime;
    this.#indicators = indicators;
  }

  /** Down when there is no connection to a NATS server. */
  async nats(key = 'nats'): Promise<HealthIndicatorResult> {
    const indicator = this.#indicators.check(key);
    const connection = this.#runtime.broker?.connection;
    if (connection === undefined || connection.isClosed()) return indicator.down({ reason: 'not connected' });
    try {
      const roundTripMs = await this.#roundTrip.within(ANSWER_WITHIN_MS);
      return indicator.up({ roundTripMs, version: connection.info?.version });
    } catch {
      return indicator.down({ reason: 'no answer' });
    }
  }

  /**
   * Down when intake has not begun, is paused, or some partition is not being pulled from; also when this instance should
   * look for events that no contract knows, and for some seconds could not.
   */
  consumers(key = 'consumers'): HealthIndicatorResult {
    const indicator = this.#indicators.check(key);
    const { state, instance } = this.#runtime;
    if (instance === undefined || state !== 'running') return indicator.down({ reason: state });
    const { worker, shared, scanners, breakers } = instance.handling;
    const { removedUnhandled } = instance.handling.counts;
    const { heldUp } = worker.intake;
    const details = {
      intake: instance.intake,
      partitions: worker.ownedPartitions.length,
      held: worker.held,
      // Neither of them is a reason to send nothing here any more.
      ...(heldUp.length > 0 && { heldUpByBytes: heldUp }),
      ...(removedUnhandled > 0 && { removedUnhandled }),
    };
    if (worker.paused !== undefined) return indicator.down({ reason: worker.paused, ...details });
    if (breakers.down.length > 0)
      return indicator.down({ reason: 'dependency down', dependencies: breakers.down, ...details });
    const pulling = worker.pulling && shared.every((subscription) => subscription.pulling);
    if (!pulling) return indicator.down({ reason: 'not pulling', ...details });
    const blind = scanners.some((scanner) => scanner.failing);
    return blind
      ? indicator.down({ reason: 'not looking for unknown events', ...details })
      : indicator.up(details);
  }

  /** Down when this instance could not renew its leases in time: another one may be taking over. */
  leases(key = 'leases'): HealthIndicatorResult {
    const indicator = this.#indicators.check(key);
    const membership = this.#runtime.instance?.membership;
    if (membership === undefined) return indicator.down({ reason: this.#runtime.state });
    return membership.renewing ? indicator.up() : indicator.down({ reason: 'leases are not being renewed' });
  }

  /**
   * Down when partitions, or the relay, that an instance once held have had no live instance for 10 s: their messages
   * wait. `differingInstances` names the instances that handle other events than this one: expected during a rolling deploy only.
   */
  ownership(key = 'ownership'): HealthIndicatorResult {
    const indicator = this.#indicators.check(key);
    const membership = this.#runtime.instance?.membership;
    if (membership === undefined) return indicator.down({ reason: this.#runtime.state });
    const unowned = membership.unowned(UNOWNED_AFTER_MS);
    const details = { differingInstances: membership.differingInstances };
    return unowned.length > 0
      ? indicator.down({ reason: 'no instance holds these', unowned, ...details })
      : indicator.up(details);
  }

  /**
   * Down when more messages than `maxLagMessages` wait at the broker for the partitions of this instance and for the
   * queue groups that it takes part in. As of 2 s ago at most; what it holds already is not counted.
   */
  lag(key = 'lag'): HealthIndicatorResult {
    const indicator = this.#indicators.check(key);
    const { state, instance, options } = this.#runtime;
    if (instance === undefined) return indicator.down({ reason: state });
    const messages = instance.lag;
    const details = { messages, maxMessages: options.maxLagMessages };
    const behind = messages > options.maxLagMessages;
    return behind ? indicator.down({ reason: 'too far behind', ...details }) : indicator.up(details);
  }

  /** Down when an event that should have been published is still waiting. */
  async relay(key = 'relay'): Promise<HealthIndicatorResult> {
    const indicator = this.#indicators.check(key);
    const { instance } = this.#runtime;
    if (instance === undefined) return indicator.down({ reason: this.#runtime.state });
    try {
      const { oldestMs, idleMs } = await this.#backlog.within(ANSWER_WITHIN_MS);
      const details = { here: instance.relay.running, oldestMs };
      if (this.#runtime.behind !== undefined)
        return indicator.down({ reason: 'database behind stream', ...details });
      const stuck = oldestMs >= RELAY_STUCK_MS && idleMs >= RELAY_STUCK_MS;
      return stuck ? indicator.down({ reason: 'stuck', ...details }) : indicator.up(details);
    } catch {
      return indicator.down({ reason: 'outbox cannot be read' });
    }
  }

  async #askBroker(): Promise<number> {
    const connection = this.#runtime.broker?.connection;
    if (connection === undefined) throw new Error('not connected');
    return await connection.rtt();
  }

  async #askOutbox(): Promise<{ oldestMs: number; idleMs: number }> {
    const { instance } = this.#runtime;
    if (instance === undefined) throw new Error('not running');
    return await instance.relaying.backlog();
  }
}
