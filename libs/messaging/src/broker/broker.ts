import { jetstream, type JetStreamClient, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node';
import { setTimeout as delay } from 'node:timers/promises';
import { MessagingError } from '../messaging-error.ts';

/** Consumer reset, which a takeover needs, came with 2.14. */
export const MINIMUM_BROKER = '2.14.0';

/** As in `@nats-io/transport-node`: user and password, a token, or an authenticator (credentials file, nkey, JWT); TLS. */
export type BrokerAccess = Pick<NodeConnectionOptions, 'user' | 'pass' | 'token' | 'authenticator' | 'tls'>;

export interface BrokerOptions {
  servers: readonly string[];
  /** Who we are to it, and TLS. Default: nobody, and none. */
  access: BrokerAccess;
  /** Shown in the broker's connection list. */
  name: string;
  /** How long to go on trying at boot. */
  bootTimeoutMs: number;
}

/** One connection to NATS with JetStream. Reconnects for ever once it has been made. */
export interface Broker {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly client: JetStreamClient;
}

const RETRY_MS = 250;
const PING_INTERVAL_MS = 5_000;
/**
 * A question to JetStream that meets a stream or consumer without a leader is never answered. An election takes 4 to 9 s;
 * the sooner the question is asked again, the sooner after it work goes on. All of them may be asked twice.
 */
const API_TIMEOUT_MS = 1_000;

/**
 * Connects, and checks that the server can do what the guarantees need.
 *
 * @throws MessagingError `BROKER_UNREACHABLE` when no server answered in time, `BROKER_TOO_OLD` with the version found
 */
export async function connectBroker(options: BrokerOptions): Promise<Broker> {
  const connection = await firstConnection(options);
  try {
    assertVersion(connection.info?.version ?? 'unknown');
    // `checkAPI` would cache a failure of a broker that is still starting; the provisioner finds out by itself.
    const manager = await jetstreamManager(connection, { checkAPI: false, timeout: API_TIMEOUT_MS });
    return { connection, manager, client: jetstream(connection, { timeout: API_TIMEOUT_MS }) };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function firstConnection(options: BrokerOptions): Promise<NatsConnection> {
  const deadline = performance.now() + options.bootTimeoutMs;
  for (;;) {
    try {
      return await connect({
        ...options.access,
        servers: [...options.servers],
        name: options.name,
        maxReconnectAttempts: -1,
        reconnectTimeWait: RETRY_MS,
        pingInterval: PING_INTERVAL_MS,
        noAsyncTraces: true,
        ignoreAuthErrorAbort: true,
      });
    } catch (cause) {
      if (performance.now() > deadline) throw unreachable(options, cause);
      await delay(RETRY_MS);
    }
  }
}

function unreachable(options: BrokerOptions, cause: unknown): MessagingError {
  const seconds = String(options.bootTimeoutMs / 1000);
  return new MessagingError('BROKER_UNREACHABLE', `No NATS server answered within ${seconds} s.`, {
    remedy: 'Start nats-server with JetStream, or correct the list of servers.',
    cause,
  });
}

function assertVersion(found: string): void {
  if (compareVersions(found, MINIMUM_BROKER) >= 0) return;
  throw new MessagingError('BROKER_TOO_OLD', `nats-server ${found} cannot reset a consumer.`, {
    remedy: `Use nats-server ${MINIMUM_BROKER} or newer.`,
  });
}

/** Negative when `a` is older. A version that cannot be read is older than any. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(/[.-]/).slice(0, 3).map(Number));
  for (let index = 0; index < 3; index++) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (Number.isNaN(difference)) return -1;
    if (difference !== 0) return difference;
  }
  return 0;
}
