import { EmbeddedError } from '../embedded-error.ts';
import { tail } from '../wait-until.ts';
import type { Cluster } from './postgres-cluster.ts';

export function isPortTaken(error: unknown): boolean {
  return error instanceof EmbeddedError && error.code === 'port_taken';
}

/** Whether the log names a hindrance that goes away by itself within moments. */
export function isMomentary(log: string): boolean {
  return log.includes('pre-existing shared memory block');
}

/** What a failed start means, read from the log: PostgreSQL always exits with 1. */
export function startFailure(cluster: Cluster, port: number, log: string): EmbeddedError {
  if (/Address already in use|could not create any TCP\/IP sockets/.test(log)) {
    return new EmbeddedError({
      code: 'port_taken',
      message: `Port ${port}, which was given to PostgreSQL, is taken.`,
      remedy: 'Give another port or none, or end the program that listens there.',
    });
  }
  const running = /Is another postmaster \(PID (\d+)\) running/.exec(log)?.[1];
  if (running !== undefined) {
    return new EmbeddedError({
      code: 'already_running',
      message: `A PostgreSQL with process id ${running} already runs on ${cluster.data}.`,
      remedy: `Use it, or end it with "kill -INT ${running}".`,
    });
  }
  const noSpace = log.includes('No space left on device');
  return new EmbeddedError({
    code: noSpace ? 'no_space' : 'start_failed',
    message: `PostgreSQL did not start. The end of its log:\n${tail(log)}`,
    remedy: noSpace ? `Free some space for ${cluster.directory}.` : `The whole log is ${cluster.logFile}.`,
  });
}
