// Is what is in node_modules what package-lock.json says? Answered without starting npm.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';

/**
 * @typedef {Record<string, { version?: string, integrity?: string, optional?: boolean, link?: boolean }>} Packages
 * @typedef {{ installed: true, stamped: boolean } | { installed: false, reason: string }} InstallState
 */

const DEPENDENCY_FIELDS = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];

/** @param {string} root */
export const stampFile = (root) => path.join(root, 'node_modules', '.orderflow-install');

/**
 * @param {string} root
 * @returns {InstallState}
 */
export function installState(root) {
  if (!existsSync(path.join(root, 'node_modules'))) return missing('node_modules is missing');
  const packages = lockedPackages(path.join(root, 'package-lock.json'));
  const stamped = readIfThere(stampFile(root)) === fingerprint(root);
  // Someone may have run npm by hand: then npm's own record, written when it has finished, tells the same.
  if (!stamped && !npmFinished(root, packages)) {
    return missing(
      existsSync(stampFile(root))
        ? 'node_modules differs from package-lock.json'
        : 'node_modules is half-installed or was installed by another lock file',
    );
  }
  const gone = Object.entries(packages).find(
    ([where, entry]) =>
      where.startsWith('node_modules/') && entry.optional !== true && !hasPackage(root, where),
  );
  return gone === undefined ? { installed: true, stamped } : missing(`${gone[0]} is missing`);
}

/**
 * Only after an installation that ended well: the stamp is what says so later.
 * @param {string} root
 */
export function writeStamp(root) {
  writeFileSync(stampFile(root), fingerprint(root));
}

/**
 * Before anything changes node_modules: an installation that is cut off must not look complete.
 * @param {string} root
 */
export function removeStamp(root) {
  rmSync(stampFile(root), { force: true });
}

/** @param {string} root */
function fingerprint(root) {
  const hash = createHash('sha256').update(readFileSync(path.join(root, 'package-lock.json')));
  for (const manifest of manifests(root))
    hash.update(`\n${manifest}\n`).update(readFileSync(path.join(root, manifest)));
  return hash.digest('hex');
}

/**
 * The root's and each workspace's package.json, relative to the root.
 * @param {string} root
 */
function manifests(root) {
  /** @type {string[]} */
  const patterns = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).workspaces ?? [];
  const folders = patterns.flatMap((pattern) => {
    if (!pattern.endsWith('/*')) return [pattern];
    const parent = pattern.slice(0, -2);
    return existsSync(path.join(root, parent))
      ? readdirSync(path.join(root, parent)).map((name) => `${parent}/${name}`)
      : [];
  });
  return ['.', ...folders.sort()]
    .map((folder) => path.posix.join(folder, 'package.json'))
    .filter((manifest) => existsSync(path.join(root, manifest)));
}

/** @param {string} root @param {Packages} packages */
function npmFinished(root, packages) {
  const record = path.join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const found = lockedPackages(record);
  const same = Object.entries(packages).every(([where, entry]) => {
    const other = found[where];
    if (where === '') return true;
    if (other === undefined) return entry.optional === true;
    return entry.version === other.version && entry.integrity === other.integrity;
  });
  return same && Object.keys(found).every((where) => where in packages) && manifestsAgree(root, packages);
}

/**
 * A dependency that was added to a package.json and never locked.
 * @param {string} root
 * @param {Packages} packages
 */
function manifestsAgree(root, packages) {
  return manifests(root).every((manifest) => {
    const asked = JSON.parse(readFileSync(path.join(root, manifest), 'utf8'));
    const folder = path.posix.dirname(manifest);
    const locked = /** @type {Record<string, unknown>} */ (packages[folder === '.' ? '' : folder] ?? {});
    return DEPENDENCY_FIELDS.every((field) => isDeepStrictEqual(asked[field] ?? {}, locked[field] ?? {}));
  });
}

/** @param {string} file @returns {Packages} */
function lockedPackages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
}

/** @param {string} root @param {string} where */
const hasPackage = (root, where) => existsSync(path.join(root, where, 'package.json'));

/** @param {string} file */
const readIfThere = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);

/** @param {string} reason @returns {InstallState} */
const missing = (reason) => ({ installed: false, reason });
