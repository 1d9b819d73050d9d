import type { Database } from '@orderflow/database';
import { randomBytes } from 'node:crypto';
import type { BrokerAccess } from './broker/broker.ts';
import type { ContractClass } from './contract/contract.ts';
import type { StreamDefinition } from './contract/stream-definition.ts';
import { type Log, nestLog } from './log.ts';
import { MessagingError } from './messaging-error.ts';
import type { ProvisionMode } from './topology/provisioner.ts';

export interface MessagingOptions {
  /** Name of the service: part of consumer names, so it must stay the same. Lower-case letters, digits, `-`. */
  service: string;
  /** Names this process among the instances of its service. A part that makes it unique is added. */
  instance: string;
  natsServers: readonly string[];
  /** Credentials and TLS for NATS. Default: none. */
  natsAccess?: BrokerAccess;
  /** The service's own database: effects, inbox, outbox and leases live together. */
  database: Database;
  /** The streams that this service owns and provisions. */
  streams: readonly StreamDefinition[];
  /** Every contract of those streams. What has none of them is kept as a dead letter. */
  contracts: readonly ContractClass[];
  /** Default: Nest's logger, in the context `Messaging`. */
  log?: Log;
  /** Default `apply`: create and update the owned streams. `verify` changes nothing and refuses to boot on a difference. */
  provision?: ProvisionMode;
  /** Number of partitions, the same in every stream and service, for good. Default 16. */
  partitions?: number;
  /** Copies of each stream in the cluster, 1, 3 or 5. Default 1. */
  replicas?: number;
  /** Size limit of each owned stream in bytes. Default 1 GiB. */
  streamMaxBytes?: number;
  /** An instance that shows no sign of life for this long loses its partitions. Default 2,000 ms. */
  leaseMs?: number;
  /** How long to wait at boot for NATS, and for streams that other services own. Default 30,000 ms. */
  bootTimeoutMs?: number;
  /** An instance for which more messages than this wait at the broker is not ready. Default 100,000. */
  maxLagMessages?: number;
  /** How long running handlers may take to finish at shutdown. Default 10,000 ms. */
  drainDeadlineMs?: number;
}

export type ResolvedMessagingOptions = Required<MessagingOptions>;

const DEFAULTS = {
  natsAccess: {},
  provision: 'apply',
  partitions: 16,
  replicas: 1,
  streamMaxBytes: 1_073_741_824,
  leaseMs: 2_000,
  bootTimeoutMs: 30_000,
  maxLagMessages: 100_000,
  drainDeadlineMs: 10_000,
} as const;

/** @throws MessagingError `CONFIG_INVALID` naming every option that is wrong */
export function resolveOptions(options: MessagingOptions): ResolvedMessagingOptions {
  const unique = `${options.instance}-${randomBytes(4).toString('hex')}`;
  const resolved = { ...DEFAULTS, log: nestLog('Messaging'), ...options, instance: unique };
  const problems: string[] = [];
  const check = (holds: boolean, problem: string): void => {
    if (!holds) problems.push(problem);
  };
  check(
    /^[a-z][a-z0-9-]{0,31}$/.test(resolved.service),
    'service must be lower-case letters, digits and "-"',
  );
  check(options.instance !== '', 'instance must not be empty');
  check(resolved.natsServers.length > 0, 'natsServers must name at least one server');
  check(isBetween(resolved.partitions, 1, 1_000), 'partitions must be a whole number from 1 to 1,000');
  check([1, 3, 5].includes(resolved.replicas), 'replicas must be 1, 3 or 5');
  check(isBetween(resolved.leaseMs, 200, 60_000), 'leaseMs must be from 200 to 60,000');
  check(
    Number.isInteger(resolved.maxLagMessages) && resolved.maxLagMessages >= 0,
    'maxLagMessages must be a whole number from 0',
  );
  if (problems.length === 0) return resolved;
  throw new MessagingError(
    'CONFIG_INVALID',
    `The options of the messaging module are wrong: ${problems.join('; ')}.`,
    {
      remedy: 'Correct them where MessagingModule is imported.',
    },
  );
}

function isBetween(value: number, low: number, high: number): boolean {
  return Number.isInteger(value) && value >= low && value <= high;
}
