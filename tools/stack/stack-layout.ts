import path from 'node:path';

/** The services, in the order in which they start. */
export const serviceNames = ['order', 'payment', 'inventory', 'notification'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Everything that the stack starts, in order; it ends in reverse. */
export const partNames = ['postgres', 'nats', 'smtp', 'payment-sandbox', ...serviceNames] as const;
export type PartName = (typeof partNames)[number];

export const isServiceName = (name: string): name is ServiceName =>
  serviceNames.some((known) => known === name);
export const isPartName = (name: string): name is PartName => partNames.some((known) => known === name);

export const workspaceRoot = path.resolve(import.meta.dirname, '..', '..');

/** The first instance has the plain name, so that a stack without `--scale` reads as one of each. */
export const labelOf = (name: PartName, index: number): string => (index === 1 ? name : `${name}-${index}`);

export const entryPoints: Record<ServiceName | 'payment-sandbox' | 'smtp', string> = {
  smtp: path.join(workspaceRoot, 'libs/embedded/dist/smtp-sink.js'),
  'payment-sandbox': path.join(workspaceRoot, 'apps/payment-sandbox/dist/main.js'),
  order: path.join(workspaceRoot, 'apps/order/dist/main.js'),
  payment: path.join(workspaceRoot, 'apps/payment/dist/main.js'),
  inventory: path.join(workspaceRoot, 'apps/inventory/dist/main.js'),
  notification: path.join(workspaceRoot, 'apps/notification/dist/main.js'),
};

export interface StackPaths {
  directory: string;
  state: string;
  lock: string;
  logs: string;
  postgres: string;
  /** Of a single nats-server. */
  nats: string;
  /** Of a cluster: one folder for each node. */
  natsCluster: string;
  mail: string;
  sandboxState: string;
}

export function stackPaths(directory: string): StackPaths {
  const at = (name: string): string => path.join(directory, name);
  return {
    directory,
    state: at('stack.json'),
    lock: at('stack.lock'),
    logs: at('logs'),
    postgres: at('postgres'),
    nats: at('nats'),
    natsCluster: at('nats-cluster'),
    mail: at('smtp.json'),
    sandboxState: at('payment-sandbox.json'),
  };
}
