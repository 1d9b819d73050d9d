import type { Route, Router } from '../routing/router.ts';
import type { ResolvedMessagingOptions } from './options.ts';
import type { ProvisionOutcome } from '../topology/provisioner.ts';

/** What an instance says once, when it begins to handle messages: what it owns, what it handles, and how. */
export interface BootSummary {
  service: string;
  instance: string;
  /** nats-server's version. */
  broker: string;
  provision: string;
  partitions: number;
  replicas: number;
  /** Owned streams: `ORDERS: unchanged`. */
  streams: string[];
  /** `ReserveStockHandler.handle <- ORDERS order.created.v1, transactional, in order, park after 10 attempts` */
  subscriptions: string[];
}

export function bootSummary(
  options: ResolvedMessagingOptions,
  facts: {
    broker: string;
    streams: readonly { name: string; outcome: ProvisionOutcome }[];
    router: Router;
  },
): BootSummary {
  const { service, instance, provision, partitions, replicas } = options;
  return {
    service,
    instance,
    broker: facts.broker,
    provision,
    partitions,
    replicas,
    streams: facts.streams.map(({ name, outcome }) => `${name}: ${outcome}`),
    subscriptions: facts.router.routes.map(describeRoute),
  };
}

function describeRoute({ handler, contract, kind, group, onFailure, retry }: Route): string {
  const order = group === undefined ? 'in order' : `queue group ${group}`;
  const end =
    onFailure === 'block' ? 'tried for ever' : `${onFailure} after ${String(retry.maxAttempts)} attempts`;
  return `${handler} <- ${contract.stream.name} ${contract.type}, ${kind}, ${order}, ${end}`;
}
