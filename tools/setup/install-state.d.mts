/** Is what is in node_modules what package-lock.json says? */
export function installState(
  root: string,
): { installed: true; stamped: boolean } | { installed: false; reason: string };

/** Only after an installation that ended well. */
export function writeStamp(root: string): void;

/** Before anything changes node_modules. */
export function removeStamp(root: string): void;
