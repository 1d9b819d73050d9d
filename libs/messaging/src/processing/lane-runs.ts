import type { MovedRows } from '../deferred/deferring.ts';
import type { PartitionLeases } from '../intake/partition-leases.ts';
import type { PartitionSet } from '../intake/partition-set.ts';
import type { Log } from '../log/log.ts';
import type { MessageCounts } from '../message/message-counts.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import { BatchSize } from './batch-size.ts';
import { BatchSlots, SLOW_BATCH_MS } from './batch-slots.ts';
import type { ExclusiveGate } from './exclusive-gate.ts';
import type { LaneMove } from './lane-moves.ts';
import type { LaneSet } from './lane-set.ts';
import type { Lane, Source } from './lane.ts';
import type { Lives } from './lives.ts';
import { RunSet } from './run-set.ts';
import { isInfrastructureFailure, type Outcomes } from './settlement.ts';
import { anyFailed, SourceShares } from './source-shares.ts';
import type { SuspectRuns } from './suspect-runs.ts';

export interface LaneRunsParts {
  lanes: LaneSet;
  partitions: PartitionSet;
  /** They fence what runs. */
  leases: PartitionLeases;
  lives: Lives;
  /** Entered by whatever runs a handler. */
  gate: ExclusiveGate;
  suspects: SuspectRuns;
  counts: MessageCounts;
  log: Log;
  /** False while nothing new is begun. */
  mayBegin: () => boolean;
  /** Nothing was decided about what ran: it is ready again when this resolves. */
  onUndecided: (error: unknown) => Promise<void>;
}

/** What comes from the database and is handled so begins later after failures. */
const RESTING = ['batch', 'alone'] as const;

/** Runs what is ready in the lanes, in batches, alone or exclusively, and moves to the database what has to wait. */
export class LaneRuns {
  readonly #parts: LaneRunsParts;
  readonly #lanes: LaneSet;
  readonly #partitions: PartitionSet;
  readonly #runs = new RunSet();
  readonly #batchSize = new BatchSize();
  readonly #shares = new SourceShares();
  readonly #slots = new BatchSlots();
  #scheduled = false;
  /** As the suspects count it. */
  #found = 0;
  #restTimer: NodeJS.Timeout | undefined;

  constructor(parts: LaneRunsParts) {
    this.#parts = parts;
    this.#lanes = parts.lanes;
    this.#partitions = parts.partitions;
  }

  /** Asks what runs for a partition to end, and resolves when it has. */
  async end(partition: number): Promise<void> {
    await this.#runs.end(partition);
  }

  /** In a later turn of the event loop, so that all that has arrived by then goes into one batch. */
  readonly schedule = (): void => {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#pump();
    });
  };

  #pump(): void {
    this.#partitions.resume((partition) => this.#lanes.streamed.mayResume(partition));
    if (!this.#parts.mayBegin()) return;
    this.#noteFound();
    this.#wakeAfterRest();
    this.#startSuspects();
    while (this.#slots.free && this.#lanes.hasReady('stream', 'batch') && this.#mayEnter())
      this.#startBatch(this.#lanes.takeBatch('stream', this.#batchSize.limit));
    if (this.#shares.mayBeginStoredBatch && this.#lanes.hasReady('database', 'batch') && this.#mayEnter())
      this.#startStoredBatch(this.#lanes.takeBatch('database', this.#shares.storedBatchLimit));
    this.#startAllAlone();
  }

  /**
   * Before anything begins: what begins takes time, and a rest that is over by then would have neither begun nor a timer. What
   * still rests when its timer fires, which may be a moment early, gets another one.
   */
  #wakeAfterRest(): void {
    clearTimeout(this.#restTimer);
    const resting = RESTING.filter((run) => this.#lanes.hasReady('database', run));
    const rests = resting.map((run) => this.#shares.restMs(run)).filter((restMs) => restMs > 0);
    if (rests.length > 0) this.#restTimer = setTimeout(this.schedule, Math.min(...rests) + 1).unref();
  }

  /** If not, this is scheduled again when the gate opens. */
  #mayEnter(): boolean {
    return this.#parts.gate.enter(this.schedule);
  }

  /** What was suspicious runs in batches from now on. */
  #noteFound(): void {
    const { found } = this.#parts.suspects;
    if (found === this.#found) return;
    this.#found = found;
    this.#beginAnew();
  }

  #startAllAlone(): void {
    const isReady = (source: Source): boolean => this.#lanes.hasReady(source, 'alone');
    for (;;) {
      const source = this.#shares.nextAlone(isReady);
      if (source === undefined || !this.#mayEnter()) break;
      const held = this.#lanes.takeAlone(source);
      if (held === undefined) throw new TypeError('A lane that is ready has no message.');
      this.#startAlone(source, held);
    }
  }

  /** All of them, so that the most suspect one goes first. */
  #startSuspects(): void {
    for (const held of this.#lanes.takeExclusive()) {
      this.#beginAnew();
      this.#start([held], () => undefined);
    }
  }

  /** What has just been cleared, or is not yet known to be harmless, may be slow, or end the process after all. */
  #beginAnew(): void {
    this.#batchSize.beginAnew();
    this.#shares.beginAnew();
  }

  #startBatch(batch: readonly ReceivedMessage[]): void {
    this.#slots.begin();
    // Also when it has ended by then: what came meanwhile may be waiting for one that was there before.
    setTimeout(() => this.schedule(), SLOW_BATCH_MS + 1);
    this.#runBatch(batch, (outcomes, tookMs) => {
      this.#slots.end();
      this.#batchSize.record(batch.length, tookMs, anyFailed(outcomes));
    });
  }

  #startStoredBatch(batch: readonly ReceivedMessage[]): void {
    this.#shares.beginStoredBatch();
    this.#runBatch(batch, (outcomes, tookMs) => {
      this.#shares.endStoredBatch({ messages: batch.length, tookMs, failed: anyFailed(outcomes) });
    });
  }

  #runBatch(batch: readonly ReceivedMessage[], onEnd: (outcomes: Outcomes, tookMs: number) => void): void {
    const startedAt = performance.now();
    this.#start(batch, (outcomes) => {
      const tookMs = performance.now() - startedAt;
      this.#parts.gate.leave();
      onEnd(outcomes, tookMs);
      this.#parts.counts.addBatch(batch.length, tookMs);
    });
  }

  #startAlone(source: Source, held: ReceivedMessage): void {
    this.#shares.beginAlone(source);
    this.#start([held], (outcomes) => {
      this.#parts.gate.leave();
      this.#shares.endAlone(source, anyFailed(outcomes));
    });
  }

  /** Its messages are acknowledged when they are in the database. */
  move(laneMove: LaneMove): void {
    const { lane, messages, wait } = laneMove;
    const { partition, key, group, queue } = lane;
    const parkedId = group === undefined ? undefined : queue[0]?.parkedId;
    const life = this.#parts.lives.of(group);
    this.#runs.start([lane], async () => {
      let rows: MovedRows | undefined;
      try {
        const leases = this.#parts.leases.ofAll([lane]);
        rows = await life.defer({ key, partition, parkedId, messages, wait, leases });
        for (const held of messages) life.acknowledge(held);
      } catch (error) {
        await this.#onMoveFailed(lane, error);
      }
      this.#lanes.finishMove(laneMove, rows);
      this.schedule();
    });
  }

  async #onMoveFailed({ key }: Lane, error: unknown): Promise<void> {
    if (isInfrastructureFailure(error)) await this.#parts.onUndecided(error);
    else
      this.#parts.log.error({ key, error }, 'A key could not be moved to the database; trying again in 1 s');
  }

  /** Handles messages of one consumer, and then lets their lanes go on. */
  #start(taken: readonly ReceivedMessage[], onEnd: (outcomes: Outcomes) => void): void {
    this.#runs.start(taken, async (release) => {
      const outcomes = await this.#handle(taken, release);
      onEnd(outcomes);
      this.#lanes.finish(taken, outcomes);
      this.schedule();
    });
  }

  async #handle(messages: readonly ReceivedMessage[], release: AbortSignal): Promise<Outcomes> {
    try {
      const leases = this.#parts.leases.ofAll(messages);
      return await this.#parts.lives.of(messages[0]?.group).run({ messages, leases, release });
    } catch (error) {
      await this.#parts.onUndecided(error);
      return new Map();
    }
  }
}
