import type { ProbedDatabase } from '@orderflow/database';
import type { Lease } from '../ownership/fence.ts';
import { judge } from '../routing/failure-rule.ts';
import { DependencyDown } from './breaker.ts';
import type { NewClaim } from './claim-all.ts';
import { AlreadyHandled, NoLongerReady } from './group-effect.ts';
import { HandlerFailed, thrownBy } from './handler-failed.ts';
import type { RoutedMessage } from './routed-message.ts';
import { isInfrastructureFailure, isOwnDelay, type Outcome, SETTLED, type Settlement } from './settlement.ts';

interface FailedCall {
  readonly error: unknown;
  readonly claim: NewClaim;
  readonly leases: readonly Lease[];
}

const LOOK_AGAIN_MS = 100;

/** Decides what becomes of a message whose external handler, or its commit, failed. */
export class FailedCalls {
  readonly #database: ProbedDatabase;
  readonly #settlement: Settlement;

  constructor(database: ProbedDatabase, settlement: Settlement) {
    this.#database = database;
    this.#settlement = settlement;
  }

  /**
   * Throws when the failure says nothing about the message: then nothing is decided.
   *
   * @throws DependencyDown when the handler, or a rule of its subscription, says that this is what the failure means
   */
  async decide({ held, route }: RoutedMessage, { error, claim, leases }: FailedCall): Promise<Outcome> {
    if (error instanceof AlreadyHandled) return SETTLED;
    if (error instanceof NoLongerReady) return { state: 'waiting', forMs: LOOK_AGAIN_MS };
    const isOwn = error instanceof HandlerFailed;
    if (!isOwn && isInfrastructureFailure(error) && !(await isOwnDelay(error, this.#database))) throw error;
    const thrown = thrownBy(error);
    if (isOwn && thrown instanceof DependencyDown) throw thrown;
    if (judge(thrown, route).do === 'defer')
      throw new DependencyDown(route?.dependency ?? 'what the handler calls', { cause: thrown });
    return await this.#settlement.fail({ held, leases, error: thrown, claim, route });
  }
}
