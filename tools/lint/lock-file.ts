/** The parts of an entry of `package-lock.json` that say which bytes npm installs. */
export interface LockEntry {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  /** A workspace: `resolved` is its folder. */
  readonly link?: boolean;
}

/** The entries of a lock file (version 3), by path: '' is the root, `apps/order` a workspace. */
export type LockEntries = Readonly<Record<string, LockEntry>>;

const isFromRegistry = ([path, { link = false }]: [string, LockEntry]): boolean =>
  !link && path.split('/').includes('node_modules');

/**
 * Paths of packages that npm would install whatever the registry serves for them. npm leaves the checksum out when it
 * derives an entry from an existing `node_modules`.
 */
export function withoutChecksum(entries: LockEntries): string[] {
  const packages = Object.entries(entries).filter(isFromRegistry);
  return packages.filter(([, entry]) => !entry.integrity?.startsWith('sha512-')).map(([path]) => path);
}

/** Paths of packages that are tied to one registry: another one, such as a mirror, could not serve them. */
export function tiedToRegistry(entries: LockEntries): string[] {
  const packages = Object.entries(entries).filter(isFromRegistry);
  return packages.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path);
}
