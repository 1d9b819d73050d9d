import { CommandError, runCommand } from '../process/run-command.ts';

/** Runs docker and resolves with what it wrote to standard output. */
export async function docker(args: readonly string[], timeoutMs = 120_000): Promise<string> {
  return await runCommand('docker', args, { timeoutMs });
}

/** Why containers cannot be run here, or undefined when they can. */
export async function whyNoDocker(): Promise<string | undefined> {
  try {
    await docker(['version', '--format', '{{.Server.Version}}'], 20_000);
    await docker(['compose', 'version'], 20_000);
    return undefined;
  } catch (error) {
    return error instanceof CommandError
      ? error.message
      : `the program "docker" cannot be run (${String(error)})`;
  }
}
