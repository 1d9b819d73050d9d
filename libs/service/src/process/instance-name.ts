import { hostname } from 'node:os';

/** The configured name of this instance, or host and process id where a process has none. */
export function instanceName(config: object = {}): string {
  if ('instance' in config && typeof config.instance === 'string') return config.instance;
  return `${hostname()}-${String(process.pid)}`;
}
