export const serverKinds = ['nats', 'postgres', 'redis', 'rabbitmq'] as const;
export type ServerKind = (typeof serverKinds)[number];

/** How to reach a server that runs. */
export interface Addresses {
  /** `nats://127.0.0.1:PORT` */
  readonly nats: string;
  /** Base URL of nats-server's monitoring endpoints. */
  readonly natsMonitor: string;
  /** Process id of nats-server. */
  readonly natsPid: string;
  /** Base URL of nats-server's profiles; nothing is profiled until somebody asks. */
  readonly natsProfiler: string;
  /** URL of a database that nobody has used before. */
  readonly postgres: string;
  /** `redis://127.0.0.1:PORT` */
  readonly redis: string;
  /** `amqp://...@127.0.0.1:PORT` */
  readonly rabbitmq: string;
}

/** A server that was started for the benchmark. */
export interface RunningServer {
  /** Addresses for one turn. */
  addresses(turnId: string): Promise<Partial<Addresses>>;
  readonly version: string;
  stop(): Promise<void>;
}

export interface ServerStarter {
  readonly kind: ServerKind;
  /** Why it cannot be started here; undefined when it can. */
  missing(): string | undefined;
  /** @param directory of its own, empty or as an earlier start of this run has left it */
  start(directory: string): Promise<RunningServer>;
}
