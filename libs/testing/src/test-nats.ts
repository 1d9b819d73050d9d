import { startNats, type NatsOptions, type NatsProcess } from '@orderflow/embedded';
import { keepsTestFiles, temporaryDirectory } from './temporary-directory.ts';

/** A nats-server of the caller's own, in a temporary folder that goes with `stop()`. KEEP=1 keeps the folder. */
export async function testNats(options: Omit<NatsOptions, 'directory' | 'keep'> = {}): Promise<NatsProcess> {
  const directory = await temporaryDirectory('nats');
  try {
    return await startNats({ ...options, directory: directory.path, keep: keepsTestFiles() });
  } catch (error) {
    await directory.remove();
    throw error;
  }
}
