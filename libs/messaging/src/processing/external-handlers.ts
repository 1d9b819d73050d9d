import { Delivery, type Publishing } from '../routing/delivery.ts';
import type { Transact } from '../routing/effect-scope.ts';
import type { SingleRoute } from '../routing/router.ts';
import { deadline } from '../timing/deadline.ts';
import { attemptNumber } from './attempt.ts';
import type { NewClaim } from './claim-all.ts';
import { AlreadyHandled, NoLongerReady } from './group-effect.ts';
import { HandlerFailed } from './handler-failed.ts';
import type { RoutedMessage } from './routed-message.ts';
import { HandlerAbandoned, isInfrastructureFailure } from './settlement.ts';
import { SingleCommit, untilAborted } from './single-commit.ts';

/** Calls external handlers, one message at a time: no transaction is open while the handler calls the world. */
export class ExternalHandlers {
  readonly #publishing: Publishing;
  readonly #stop: AbortSignal;

  /** @param stop aborted when the process gives up waiting for handlers */
  constructor(publishing: Publishing, stop: AbortSignal) {
    this.#publishing = publishing;
    this.#stop = stop;
  }

  /**
   * Resolves when the effect is committed.
   *
   * @param commit commits the handler's one transaction
   * @throws HandlerFailed with what the handler threw, and as `commit` does
   */
  async handle(
    message: RoutedMessage,
    route: SingleRoute,
    { claim, commit }: { claim: NewClaim; commit: Transact },
  ): Promise<void> {
    const event = eventOf(message);
    const stop = this.#stop;
    const { signal, clear } = deadline(route.timeoutMs, stop);
    const once = new SingleCommit(commit, signal);
    const delivery = new Delivery({
      held: message.held,
      attempt: attemptNumber(claim),
      publishing: this.#publishing,
      signal,
      transact: once.transact,
    });
    try {
      await untilAborted(route.invoke(event, delivery), { signal, stop, route });
    } catch (error) {
      // What has been committed cannot be tried again; the handler failed after the point that counts.
      if (await once.close().catch(unlessUndecided)) return;
      throw error instanceof HandlerAbandoned ? error : new HandlerFailed(error);
    } finally {
      clear();
    }
    // A handler with nothing to store still has to leave the mark that it ran.
    if (!(await once.close())) await commit(() => Promise.resolve());
  }
}

function eventOf(message: RoutedMessage): object {
  try {
    return message.takeEvent();
  } catch (error) {
    throw new HandlerFailed(error);
  }
}

/** The handler's own failure says more than that of its transaction, unless this one says nothing about the message. */
function unlessUndecided(error: unknown): false {
  const undecided = error instanceof AlreadyHandled || error instanceof NoLongerReady;
  if (undecided || isInfrastructureFailure(error)) throw error;
  return false;
}
