import { jetstream, type JetStreamClient, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node';
import { MessagingError } from '../errors/messaging-error.ts';
import { pause } from '../timing/within.ts';
import { brokerRefusal } from './refusal.ts';

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
  /** Ends the waiting. */
  signal?: AbortSignal;
}

/** One connection to NATS with JetStream. Reconnects for ever once it has been made. */
export interface Broker {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly client: JetStreamClient;
}

const RETRY_MS = 250;
/** An address that swallows packets must not hold up the next try, or the next server of the list. */
const CONNECT_TIMEOUT_MS = 2_000;
const RECONNECT_WAIT_MS = 100;
const RECONNECT_JITTER_MS = 200;
/** A connection that is up but silent is noticed after the fourth interval: within about 4 s. */
const PING_INTERVAL_MS = 1_000;
const MAX_PINGS_OUT = 3;
/**
 * A question to JetStream that meets a stream or consumer without a leader is never answered. An election takes 4 to 9 s;
 * the sooner the question is asked again, the sooner after it work goes on. All of them may be asked twice.
 */
const API_TIMEOUT_MS = 1_000;

/**
 * Connects, and checks that the server can do what the guarantees need.
 *
 * @throws MessagingError `BROKER_UNREACHABLE` when no server answered in time, `BROKER_REFUSED` at once with the server's
 *   words when it refuses us, `BROKER_TOO_OLD` with the version found, `BOOT_ABORTED` after the signal
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
        timeout: CONNECT_TIMEOUT_MS,
        reconnectTimeWait: RECONNECT_WAIT_MS,
        reconnectJitter: RECONNECT_JITTER_MS,
        reconnectJitterTLS: RECONNECT_JITTER_MS,
        pingInterval: PING_INTERVAL_MS,
        maxPingOut: MAX_PINGS_OUT,
        noAsyncTraces: true,
        ignoreAuthErrorAbort: true,
      });
    } catch (cause) {
      const refusal = brokerRefusal(cause);
      if (refusal !== undefined) throw refusal;
      if (performance.now() > deadline) throw unreachable(options, cause);
      await pause(RETRY_MS, options.signal);
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
