import { runCommand } from '../run-command.ts';

/** Where a nats-server was found. */
export type NatsServerSource = 'NATS_SERVER_BIN' | 'PATH' | 'cache' | 'release archive' | "Debian's archive";

export interface NatsServerBinary {
  path: string;
  version: string;
  source: NatsServerSource;
}

/** What came of looking in one place: the server, or why there is none. */
export type Attempt = { found: NatsServerBinary } | { reason: string };

/** 2.14 brought the reset of a consumer, which a change of owner needs. */
export const oldestVersion = { major: 2, minor: 14 };

/** Runs the file and takes it when it is a nats-server that is new enough. */
export async function tryBinary(path: string, source: NatsServerSource): Promise<Attempt> {
  const result = await runCommand({ command: path, args: ['--version'], timeoutMs: 10_000 });
  if (!result.ok) return { reason: `${path} ${result.outcome}` };
  const version = /v?(\d+\.\d+\.\d+\S*)/.exec(result.stdout)?.[1];
  if (version === undefined) return { reason: `${path} is no nats-server: --version printed no version` };
  if (isNewEnough(version)) return { found: { path, version, source } };
  return {
    reason: `${path} is ${version}, and ${oldestVersion.major}.${oldestVersion.minor} or newer is needed`,
  };
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > oldestVersion.major || (major === oldestVersion.major && minor >= oldestVersion.minor);
}

/** Newest first. */
export function byVersionDescending(left: string, right: string): number {
  return right.localeCompare(left, 'en', { numeric: true });
}
