import { statSync } from 'node:fs';
import path from 'node:path';
import { EmbeddedError } from '../embedded-error.ts';
import type { RunAs } from '../run-as.ts';
import { hasSetpriv } from '../setpriv.ts';

/** `nobody` on every Linux. It needs no entry in the user database. */
const unprivileged = { uid: 65534, gid: 65534 };

/**
 * PostgreSQL refuses to run as root, so root runs it as nobody. Where nobody cannot come to the files (a clone in
 * /root, a private temporary folder), it keeps the capability to pass closed folders. Nothing for ordinary users.
 */
export function postgresUser(neededPaths: readonly string[]): RunAs | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const closed = neededPaths.map(closedToOthers).find((found) => found !== undefined);
  if (closed === undefined) return { ...unprivileged, reach: false };
  if (hasSetpriv()) return { ...unprivileged, reach: true };
  throw new EmbeddedError({
    code: 'cannot_change_user',
    message: `PostgreSQL does not run as root, and ${closed} is closed to the user (id 65534) that it would run as.`,
    remedy:
      'Install util-linux (setpriv), work as an ordinary user, or move the folder to where everyone may read.',
  });
}

/** The first part of the path which a user without rights of its own cannot pass or read. */
function closedToOthers(target: string): string | undefined {
  for (let current = path.resolve(target); ; current = path.dirname(current)) {
    const { mode, uid } = statSync(current);
    const rights = uid === unprivileged.uid ? mode >> 6 : mode;
    // Folders above need only be passed; the target itself is read as well.
    const needed = current === path.resolve(target) ? 0o5 : 0o1;
    if ((rights & needed) !== needed) return current;
    if (current === path.dirname(current)) return undefined;
  }
}
