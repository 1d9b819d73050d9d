import path from 'node:path';

export interface NatsConfig {
  directory: string;
  serverName: string;
  /** -1 lets the server choose; it writes what it chose into `portsDirectory`. */
  port: number;
  monitorPort: number;
  /** How long an acknowledged message may stay in memory only, e.g. `2m` (the server's default) or `always`. */
  syncInterval?: string | undefined;
  /** More configuration in the server's own language, e.g. a `cluster { }` block. */
  extra?: string | undefined;
}

export function portsDirectory(directory: string): string {
  return path.join(directory, 'ports');
}

/** The configuration file of one server with JetStream on the loopback address. JSON strings are valid in it. */
export function renderNatsConfig(config: NatsConfig): string {
  const sync =
    config.syncInterval === undefined ? [] : [`  sync_interval: ${JSON.stringify(config.syncInterval)}`];
  return [
    `server_name: ${JSON.stringify(config.serverName)}`,
    'host: "127.0.0.1"',
    `port: ${config.port}`,
    `http: "127.0.0.1:${config.monitorPort}"`,
    `ports_file_dir: ${JSON.stringify(portsDirectory(config.directory))}`,
    'jetstream {',
    `  store_dir: ${JSON.stringify(path.join(config.directory, 'store'))}`,
    ...sync,
    '}',
    config.extra ?? '',
    '',
  ].join('\n');
}
