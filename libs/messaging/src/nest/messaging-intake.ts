import { Inject, Injectable } from '@nestjs/common';
import { MessagingRuntime } from '../runtime/messaging-runtime.ts';

/**
 * Begins and ends the handling of messages while the application runs, for `intake: 'manual'`: a warm-up before, a
 * maintenance in between. The relay is not touched.
 */
@Injectable()
export class MessagingIntake {
  readonly #runtime: MessagingRuntime;

  constructor(@Inject(MessagingRuntime) runtime: MessagingRuntime) {
    this.#runtime = runtime;
  }

  /** True while this instance takes partitions and messages. */
  get running(): boolean {
    return this.#runtime.instance?.intake === true;
  }

  /**
   * Begins to take partitions and messages; before `startAllMicroservices`, as soon as that is called.
   *
   * @throws MessagingError `CONFIG_INVALID` with `intake: 'off'`
   */
  start(): void {
    this.#runtime.startIntake();
  }

  /**
   * Takes no more messages. Resolves when the running handlers have ended, or after `drainDeadlineMs`, and the partitions
   * are given back. `start` begins again.
   */
  async stop(): Promise<void> {
    await this.#runtime.stopIntake();
  }
}
