import { hasSetpriv } from './setpriv.ts';

/** Who a server runs as. `reach` keeps the right to pass folders that are closed to this user. */
export interface RunAs {
  uid: number;
  gid: number;
  reach: boolean;
}

export interface Invocation {
  command: string;
  args: readonly string[];
  runAs?: RunAs | undefined;
  /** Sent by the kernel when the launching process dies, so that a SIGKILL of it leaves no orphan (Linux only). */
  deathSignal?: 'INT' | 'TERM';
}

interface PreparedInvocation {
  command: string;
  args: string[];
  identity: { uid?: number; gid?: number };
}

/** PostgreSQL refuses to run as root. Ambient capabilities survive the change of user, so it still reaches its files. */
const reachCapabilities = '+dac_override,+dac_read_search';

/** The command line and spawn options that run a command as another user and tie its life to this process. */
export function prepare(invocation: Invocation): PreparedInvocation {
  const { command, args, runAs, deathSignal } = invocation;
  const wrap: string[] = [];
  if (runAs?.reach) wrap.push(...changeUserKeepingReach(runAs));
  // The death signal is forgotten at a change of user, so setpriv sets it after the change.
  if (deathSignal !== undefined && hasSetpriv()) wrap.push('--pdeathsig', deathSignal);
  const identity = runAs === undefined || runAs.reach ? {} : { uid: runAs.uid, gid: runAs.gid };
  if (wrap.length === 0) return { command, args: [...args], identity };
  return { command: 'setpriv', args: [...wrap, '--', command, ...args], identity };
}

function changeUserKeepingReach({ uid, gid }: RunAs): string[] {
  const user = ['--reuid', String(uid), '--regid', String(gid), '--clear-groups'];
  return [...user, `--inh-caps=${reachCapabilities}`, `--ambient-caps=${reachCapabilities}`];
}
