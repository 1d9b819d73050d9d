import { spawn } from 'node:child_process';
import { workspaceRoot } from '../stack/stack-layout.ts';

/** A build says thousands of lines before what is wrong. */
const shownLines = 30;

/** A docker command that failed. */
export class DockerError extends Error {
  constructor(args: readonly string[], code: number | null, output: string) {
    const end = output.trimEnd().split('\n').slice(-shownLines).join('\n');
    super(`docker ${args.join(' ')} ended with ${code ?? 'a signal'}:\n${end}`);
    this.name = 'DockerError';
  }
}

/** Runs docker and resolves with what it wrote to standard output. */
export async function docker(args: readonly string[], timeoutMs = 120_000): Promise<string> {
  const child = spawn('docker', args, { cwd: workspaceRoot, timeout: timeoutMs, killSignal: 'SIGKILL' });
  const out: string[] = [];
  const both: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text));
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => both.push(text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new DockerError(args, code, both.join(''));
  return out.join('');
}

/** Why containers cannot be run here, or undefined when they can. */
export async function whyNoDocker(): Promise<string | undefined> {
  try {
    await docker(['version', '--format', '{{.Server.Version}}'], 20_000);
    await docker(['compose', 'version'], 20_000);
    return undefined;
  } catch (error) {
    return error instanceof DockerError
      ? error.message
      : `the program "docker" cannot be run (${String(error)})`;
  }
}
