import { Controller } from '@nestjs/common';
import { once } from 'node:events';
import { Ctx, type Delivery, DependencyDown, Payload, Subscribe, SubscribeShared } from '../src/index.ts';
import { Fact, FACT_TYPES, recordFact } from './facts.test-support.ts';

export interface PrinterCall {
  messageId: string;
  attempt: number;
  startedAt: number;
  endedAt: number;
}

/** What external handlers call: a printer that can be down, and notes who called. */
export class Printer {
  readonly calls: PrinterCall[] = [];
  down = false;
  /** How long a call takes that fails. */
  failsAfterMs = 0;

  async print(delivery: Delivery, dependency = 'printer'): Promise<void> {
    const { messageId, attempt } = delivery;
    const call = { messageId, attempt, startedAt: performance.now(), endedAt: Infinity };
    this.calls.push(call);
    const { down } = this;
    if (down && this.failsAfterMs > 0) await once(AbortSignal.timeout(this.failsAfterMs), 'abort');
    call.endedAt = performance.now();
    if (down) throw new DependencyDown(dependency);
  }

  /** Calls that began once the first one had failed: those should be probes. */
  get probes(): PrinterCall[] {
    const firstFailure = Math.min(...this.calls.map((call) => call.endedAt));
    return this.calls.filter((call) => call.startedAt > firstFailure);
  }

  /** Pairs of probes that ran at the same time. */
  get overlaps(): number {
    const { probes } = this;
    return probes.filter((probe, index) => index > 0 && probe.startedAt < (probes[index - 1]?.endedAt ?? 0))
      .length;
  }
}

const [printed = Fact, counted = Fact, scanned = Fact, mailed = Fact, unnamed = Fact] = FACT_TYPES;
export const [PRINTED, COUNTED, SCANNED, MAILED, UNNAMED] = [0, 1, 2, 3, 4] as const;

const RETRY = { maxAttempts: 3, firstDelayMs: 20, maxDelayMs: 100 };

/** A class each time, bound to a printer of the test's own. */
export function printingController(printer: Printer): new () => object {
  @Controller()
  class Printing {
    @Subscribe(printed, { kind: 'external', dependency: 'printer', retry: RETRY })
    async print(@Payload() event: Fact, @Ctx() delivery: Delivery): Promise<void> {
      await printer.print(delivery);
      await delivery.transact((tx) => recordFact(tx, event, delivery));
    }

    @Subscribe(counted, { retry: RETRY })
    async count(@Payload() event: Fact, @Ctx() delivery: Delivery): Promise<void> {
      await recordFact(delivery.tx, event, delivery);
    }

    @Subscribe(scanned, { kind: 'external', dependency: 'scanner', retry: RETRY })
    async scan(@Payload() event: Fact, @Ctx() delivery: Delivery): Promise<void> {
      await delivery.transact((tx) => recordFact(tx, event, delivery));
    }

    @SubscribeShared(mailed, { name: 'mailer', dependency: 'printer', retry: RETRY })
    async mail(@Payload() event: Fact, @Ctx() delivery: Delivery): Promise<void> {
      await printer.print(delivery);
      await delivery.transact((tx) => recordFact(tx, event, delivery));
    }

    /** Says of a dependency that it is down which its subscription does not name. */
    @Subscribe(unnamed, { kind: 'external', retry: RETRY })
    async forget(@Payload() event: Fact, @Ctx() delivery: Delivery): Promise<void> {
      await printer.print(delivery, 'forgotten');
      await delivery.transact((tx) => recordFact(tx, event, delivery));
    }
  }
  return Printing;
}
