import { startPostgres, type PostgresProcess } from '@orderflow/embedded';
import { keepsTestFiles, temporaryDirectory } from './temporary-directory.ts';

/**
 * A PostgreSQL of the caller's own, for tests that stop or kill it; unlike the one of the run it keeps what it
 * committed. Its folder goes with `stop()`. KEEP=1 keeps the folder.
 */
export async function testPostgres(): Promise<PostgresProcess> {
  const directory = await temporaryDirectory('own-postgres');
  try {
    return await startPostgres({ directory: directory.path, keep: keepsTestFiles() });
  } catch (error) {
    await directory.remove();
    throw error;
  }
}
