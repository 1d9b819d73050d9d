/**
 * Messages per second that one machine of the benchmark carries, with everything that the figure needs on that machine.
 * `published`: stored and acknowledged, one copy. `consumed`: delivered and acknowledged, over 16 partitions.
 * `plainEffects`, `batchEffects`: effects that happen once. `relayed`: outbox rows published and marked by one relay.
 */
export type Measured = Readonly<
  Record<'published' | 'consumed' | 'plainEffects' | 'batchEffects' | 'relayed', number>
>;

export interface Target {
  readonly name: string;
  readonly peakPerSecond: number;
  readonly perDay: number;
}

export interface Need {
  readonly target: string;
  /** Machines of nats-server. */
  readonly brokers: number;
  /** On each of them, in GB of 10^9 bytes. */
  readonly diskPerBrokerGb: number;
  /** Machines of one subscribing service, PostgreSQL included, with plain and with batch handlers. */
  readonly plainMachines: number;
  readonly batchMachines: number;
  /** Databases that the publishing side is split into: a database has one relay. */
  readonly outboxes: number;
  /** At least one for each instance of a service; fixed for good when the streams are made. */
  readonly partitions: number;
}

/** No part is planned to be busier than this at the peak: the rest is for a node that is lost and for catching up. */
export const BUSY_AT_MOST = 0.5;
export const REPLICAS = 3;
export const DAYS_KEPT = 7;
/** Services that get each message, as with most facts of the reference system. */
export const SUBSCRIBERS = 2;
/** 1 KiB of payload, and about 370 bytes of subject, CloudEvents headers and framing. */
export const STORED_BYTES = 1_400;
const LEAST_BROKERS = 3;
const LEAST_PARTITIONS = 16;

/**
 * How many machines like the measured one a target needs. Linear where work is split by partition: streams over brokers,
 * effects over instances and their databases. Not linear: one outbox has one relay, one stream has one leader, so both
 * are split into several.
 */
export function sizeFor(target: Target, measured: Measured): Need {
  const { peakPerSecond, perDay, name } = target;
  const machines = (perMachine: number): number => Math.ceil(peakPerSecond / (perMachine * BUSY_AT_MOST));
  // Each copy is a write of its own, each subscriber a read.
  const brokerSeconds = REPLICAS / measured.published + SUBSCRIBERS / measured.consumed;
  const brokers = Math.max(LEAST_BROKERS, Math.ceil((peakPerSecond * brokerSeconds) / BUSY_AT_MOST));
  const plainMachines = machines(measured.plainEffects);
  return {
    target: name,
    brokers,
    diskPerBrokerGb: (perDay * DAYS_KEPT * STORED_BYTES * REPLICAS) / brokers / 1e9,
    plainMachines,
    batchMachines: machines(measured.batchEffects),
    outboxes: machines(measured.relayed),
    partitions: Math.max(LEAST_PARTITIONS, 2 ** Math.ceil(Math.log2(plainMachines))),
  };
}

export const targets: readonly Target[] = [
  { name: '10 million daily users', peakPerSecond: 5_800, perDay: 100_000_000 },
  { name: '100,000 msg/s', peakPerSecond: 100_000, perDay: 100_000 * 86_400 },
  { name: '1,000,000 msg/s', peakPerSecond: 1_000_000, perDay: 1_000_000 * 86_400 },
];
