import type { DatabaseUrls } from './databases.ts';
import type { StackOptions } from './stack-options.ts';
import type { ServiceName, StackPaths } from './stack-layout.ts';

/** What the parts that run before the services are reached by. */
export interface Endpoints {
  databases: DatabaseUrls;
  /** Of one nats-server or of three. */
  nats: readonly string[];
  smtp: string;
  paymentProvider: string;
}

export const drainDeadlineMs = 10_000;

/** Passed on from the environment of the stack. Nothing else is: a stray PORT or NODE_ENV must not reach a service. */
const inherited = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'LOG_LEVEL', 'ORDERFLOW_TEST_RUN'];

export function inheritedEnvironment(from: NodeJS.ProcessEnv = process.env): Record<string, string> {
  return Object.fromEntries(
    inherited.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])),
  );
}

export function serviceEnvironment(
  service: { name: ServiceName; label: string; port: number },
  endpoints: Endpoints,
  overrides: StackOptions['environment'] = {},
): Record<string, string> {
  return {
    ...inheritedEnvironment(),
    HOST: '127.0.0.1',
    PORT: String(service.port),
    DATABASE_URL: endpoints.databases[service.name],
    NATS_SERVERS: endpoints.nats.join(','),
    STREAM_REPLICAS: String(endpoints.nats.length),
    // Another name for each process, as hosts and pods have it: a restarted one is a new member.
    INSTANCE: `${service.label}-${Date.now().toString(36)}`,
    PROVISION: 'apply',
    DRAIN_DEADLINE_MS: String(drainDeadlineMs),
    ...onlyFor(service.name, endpoints),
    ...overrides[service.name],
  };
}

function onlyFor(name: ServiceName, endpoints: Endpoints): Record<string, string> {
  switch (name) {
    case 'payment':
      return { PAYMENT_PROVIDER_URL: endpoints.paymentProvider };
    case 'notification':
      return { SMTP_URL: endpoints.smtp, MAIL_FROM: 'orders@orderflow.example' };
    case 'order':
    case 'inventory':
      return {};
  }
}

export function sandboxEnvironment(
  port: number,
  paths: StackPaths,
  overrides: StackOptions['environment'] = {},
): Record<string, string> {
  const own = { HOST: '127.0.0.1', PORT: String(port), STATE_FILE: paths.sandboxState };
  return { ...inheritedEnvironment(), ...own, ...overrides['payment-sandbox'] };
}

export function sinkEnvironment(
  ports: { http: number; smtp: number },
  paths: StackPaths,
): Record<string, string> {
  const own = { HTTP_PORT: String(ports.http), SMTP_PORT: String(ports.smtp), STORE_FILE: paths.mail };
  return { ...inheritedEnvironment(), HOST: '127.0.0.1', ...own };
}
