import { type Database, type Rename, renameSchema, SchemaDatabase } from '@orderflow/database';
import { randomBytes } from 'node:crypto';
import type { BrokerAccess } from '../broker/broker.ts';
import type { ContractClass } from '../contract/contract.ts';
import type { StreamDefinition } from '../contract/stream-definition.ts';
import { type Log, nestLog } from '../log/log.ts';
import { MessagingError } from '../errors/messaging-error.ts';
import type { ProvisionMode } from '../topology/provisioner.ts';
import { MESSAGING_SCHEMA } from './migrations.ts';

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
  /**
   * Where the tables of this library are, for services that share a database: each needs a schema of its own. Default `messaging`.
   * Once the service has run, it must stay the same.
   */
  schema?: string;
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
  /** Size limit of each owned stream in bytes. The server reserves that much disk. Default 1 GiB. */
  streamMaxBytes?: number;
  /** An instance that shows no sign of life for this long loses its partitions. Default 2,000 ms. */
  leaseMs?: number;
  /** How long to wait at boot for NATS, and for streams that other services own. Default 30,000 ms. */
  bootTimeoutMs?: number;
  /** An instance for which more messages than this wait at the broker is not ready. Default 100,000. */
  maxLagMessages?: number;
  /** How long running handlers may take to finish at shutdown. Default 10,000 ms. */
  drainDeadlineMs?: number;
  /**
   * When this instance takes partitions and messages. Default `auto`: once its application has started, if it has
   * handlers. `manual`: between `start()` and `stop()` of `MessagingIntake`. `off`: never.
   */
  intake?: Intake;
  /** Whether this instance may publish the outbox of its service. At least one must. Default true. */
  relay?: boolean;
  /** Ends a boot that waits, as `drain()` does. */
  signal?: AbortSignal;
}

export type Intake = (typeof INTAKES)[number];
export const INTAKES = ['auto', 'manual', 'off'] as const;

export interface ResolvedMessagingOptions extends Required<Omit<MessagingOptions, 'database'>> {
  /** For the statements of this library, which name the schema `messaging` whatever it is called. */
  database: Database | SchemaDatabase;
  /** Makes a statement of this library name the schema; undefined when it does already. */
  rename: Rename | undefined;
}

const DEFAULTS = {
  schema: MESSAGING_SCHEMA,
  natsAccess: {},
  provision: 'apply',
  partitions: 16,
  replicas: 1,
  streamMaxBytes: 1_073_741_824,
  leaseMs: 2_000,
  bootTimeoutMs: 30_000,
  maxLagMessages: 100_000,
  drainDeadlineMs: 10_000,
  intake: 'auto',
  relay: true,
} as const;

/** @throws MessagingError `CONFIG_INVALID` naming every option that is wrong */
export function resolveOptions(options: MessagingOptions): ResolvedMessagingOptions {
  const unique = `${options.instance}-${randomBytes(4).toString('hex')}`;
  const defaults = { ...DEFAULTS, log: nestLog('Messaging'), signal: new AbortController().signal };
  const resolved = { ...defaults, ...options, instance: unique };
  const problems = problemsOf(resolved);
  if (options.instance === '') problems.push('instance must not be empty');
  if (problems.length === 0) return inItsSchema(resolved);
  throw new MessagingError(
    'CONFIG_INVALID',
    `The options of the messaging module are wrong: ${problems.join('; ')}.`,
    {
      remedy: 'Correct them where MessagingModule is imported.',
    },
  );
}

function inItsSchema(options: Required<MessagingOptions>): ResolvedMessagingOptions {
  const { database, schema } = options;
  if (schema === MESSAGING_SCHEMA) return { ...options, rename: undefined };
  const rename = renameSchema(MESSAGING_SCHEMA, schema);
  return { ...options, database: new SchemaDatabase(database, rename), rename };
}

/** Longest time that a Node.js timer can wait. */
const MAX_TIMER_MS = 2_147_483_647;

function problemsOf(options: Required<MessagingOptions>): string[] {
  const { service, schema, natsServers, replicas, provision, intake, relay } = options;
  const named = /^[a-z][a-z0-9-]{0,31}$/.test(service);
  const rules: [holds: boolean, problem: string][] = [
    [named, 'service must be lower-case letters, digits and "-"'],
    [
      /^(?!pg_)[a-z_][a-z0-9_]{0,62}$/.test(schema),
      'schema must be lower-case letters, digits and "_", and not begin with "pg_"',
    ],
    [natsServers.length > 0, 'natsServers must name at least one server'],
    [[1, 3, 5].includes(replicas), 'replicas must be 1, 3 or 5'],
    [['apply', 'verify'].includes(provision), 'provision must be apply or verify'],
    [INTAKES.includes(intake), 'intake must be auto, manual or off'],
    [typeof relay === 'boolean', 'relay must be true or false'],
  ];
  const wrong = rules.filter(([holds]) => !holds).map(([, problem]) => problem);
  return [...wrong, ...numberProblems(options)];
}

function numberProblems(options: Required<MessagingOptions>): string[] {
  const ranges: Record<NumberOption, readonly [low: number, high: number]> = {
    partitions: [1, 1_000],
    streamMaxBytes: [1_048_576, Number.MAX_SAFE_INTEGER],
    leaseMs: [200, 60_000],
    bootTimeoutMs: [0, MAX_TIMER_MS],
    drainDeadlineMs: [0, MAX_TIMER_MS],
    maxLagMessages: [0, Number.MAX_SAFE_INTEGER],
  };
  return NUMBER_OPTIONS.filter((name) => !isBetween(options[name], ...ranges[name])).map(
    (name) => `${name} must be a whole number from ${ranges[name].map(grouped).join(' to ')}`,
  );
}

const NUMBER_OPTIONS = [
  'partitions',
  'streamMaxBytes',
  'leaseMs',
  'bootTimeoutMs',
  'drainDeadlineMs',
  'maxLagMessages',
] as const;
type NumberOption = (typeof NUMBER_OPTIONS)[number];

function grouped(value: number): string {
  return value.toLocaleString('en-US');
}

function isBetween(value: number, low: number, high: number): boolean {
  return Number.isInteger(value) && value >= low && value <= high;
}
