import { EmbeddedError } from '../embedded-error.ts';
import { tail } from '../wait-until.ts';
import type { NatsPorts } from './nats-ports.ts';

/** What a failed start means, read from the log: nats-server always exits with 1. */
export function startFailure(
  place: { directory: string; logFile: string },
  wanted: NatsPorts,
  log: string,
): EmbeddedError {
  if (log.includes('address already in use')) {
    const given = [wanted.port, wanted.monitorPort].filter((port) => port !== -1).join(' or ');
    return new EmbeddedError({
      code: 'port_taken',
      message: `Port ${given}, which was given to nats-server, is taken.`,
      remedy: 'Give another port or none, or end the program that listens there.',
    });
  }
  const noSpace = log.includes('no space left on device');
  return new EmbeddedError({
    code: noSpace ? 'no_space' : 'start_failed',
    message: `nats-server did not start. The end of its log:\n${tail(log)}`,
    remedy: noSpace ? `Free some space for ${place.directory}.` : `The whole log is ${place.logFile}.`,
  });
}
