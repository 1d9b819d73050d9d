import os from 'node:os';

const bytesPerGiB = 2 ** 30;

/** What figures depend on; nothing that names the machine. */
export function machineFacts(
  serverVersions: Readonly<Record<string, string>>,
): Record<string, string | number> {
  const [cpu] = os.cpus();
  return {
    cpu: cpu?.model ?? 'unknown',
    cores: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / bytesPerGiB),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.versions.node,
    ...serverVersions,
  };
}
