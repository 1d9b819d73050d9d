import { spawn } from 'node:child_process';
import { workspaceRoot } from '../stack/stack-layout.ts';

/** A build says thousands of lines before what is wrong. */
const shownLines = 30;

/** A program that failed. */
export class CommandError extends Error {
  /** All that it wrote. */
  readonly output: string;

  constructor(program: string, args: readonly string[], code: number | null, output: string) {
    const end = output.trimEnd().split('\n').slice(-shownLines).join('\n');
    super(`${program} ${args.join(' ')} ended with ${code ?? 'a signal'}:\n${end}`);
    this.name = 'CommandError';
    this.output = output;
  }
}

export interface CommandOptions {
  /** The program is killed after that. */
  timeoutMs?: number;
  /** Standard input; empty when left out. */
  input?: string;
}

/** Runs a program in the workspace's folder and resolves with what it wrote to standard output. Rejects with CommandError. */
export async function runCommand(
  program: string,
  args: readonly string[],
  { timeoutMs = 120_000, input = '' }: CommandOptions = {},
): Promise<string> {
  const child = spawn(program, args, { cwd: workspaceRoot, timeout: timeoutMs, killSignal: 'SIGKILL' });
  const out: string[] = [];
  const both: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text));
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => both.push(text));
  // A program that ends without reading it all says so by its exit code.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new CommandError(program, args, code, both.join(''));
  return out.join('');
}
