import type { SqlDatabase } from '@orderflow/database';
import type { Broker } from '../broker/broker.ts';
import type { ContractInfo } from '../contract/contract.ts';
import type { StreamDefinition } from '../contract/stream-definition.ts';
import type { Parking } from '../dead-letter/parking.ts';
import type { Log } from '../log.ts';
import type { MessageCounts } from '../metrics/message-counts.ts';
import { sharedConsumer } from '../topology/consumer-config.ts';
import { filterSubject } from '../topology/subject.ts';
import type { HeldMessage } from './held-message.ts';
import { type Outcome, SETTLED } from './settlement.ts';
import { SharedSubscription } from './shared-subscription.ts';

export interface UnroutedGuardParts {
  service: string;
  broker: Broker;
  database: SqlDatabase;
  parking: Parking;
  /** Every contract that this service knows. */
  contracts: readonly ContractInfo[];
  counts: MessageCounts;
  log: Log;
  wakeRelay: () => void;
}

/**
 * Reads a stream that this service owns for events that have no contract. Nobody subscribes to those, so nobody else
 * would ever notice them: they are kept as dead letters, which block no key.
 */
export function guardUnrouted(stream: StreamDefinition, parts: UnroutedGuardParts): SharedSubscription {
  const { service, broker, database, parking, counts, log, wakeRelay } = parts;
  const own = parts.contracts.filter((contract) => contract.stream.name === stream.name);
  const known = new Set(own.map((contract) => contract.event));
  const consumer = sharedConsumer(`${service}-${stream.name}-unrouted`, [filterSubject(stream, '*', '*')]);
  const bury = async (held: HeldMessage): Promise<Outcome> => {
    const reason = `No contract of ${stream.name} is called "${held.event}".`;
    log.error(
      { messageId: held.messageId, key: held.key, stream: held.stream, sequence: held.sequence },
      reason,
    );
    await database.transaction((tx) =>
      parking.bury(tx, held, { reason, attempts: 0, history: [], deaths: 1, blocks: false }),
    );
    counts.dead++;
    wakeRelay();
    return SETTLED;
  };
  const ignores = (subject: string): boolean => known.has(subject.slice(subject.lastIndexOf('.') + 1));
  return new SharedSubscription({ broker, stream: stream.name, consumer, log, ignores, handle: bury });
}
