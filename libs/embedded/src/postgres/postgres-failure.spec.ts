import { describe, expect, it } from '@jest/globals';
import { clusterIn } from './postgres-cluster.ts';
import { isMomentary, startFailure } from './postgres-failure.ts';

const cluster = clusterIn('/data/here');

describe('a failed start of PostgreSQL', () => {
  it.each([
    ['FATAL:  could not create any TCP/IP sockets', 'port_taken'],
    ['HINT:  Is another postmaster (PID 4711) running in data directory "/data"?', 'already_running'],
    ['FATAL:  could not write lock file "postmaster.pid": No space left on device', 'no_space'],
    ['FATAL:  something else', 'start_failed'],
  ])('%s -> %s', (log, code) => {
    expect(startFailure(cluster, 5432, log)).toMatchObject({ code });
  });

  it('shows the end of the log and where the rest is', () => {
    const log = Array.from({ length: 40 }, (_, index) => `line ${index + 1}.`).join('\n');
    const { message } = startFailure(cluster, 5432, log);
    expect(message).toContain('line 40.');
    expect(message).not.toContain('line 25.');
    expect(message).toContain('/data/here/postgres.log');
  });

  it('knows what goes away by itself', () => {
    expect(isMomentary('FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use')).toBe(true);
    expect(isMomentary('FATAL:  something else')).toBe(false);
  });
});
