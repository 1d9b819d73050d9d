import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { processIdentity } from '../setup/pid-lock.mjs';
import { StackError } from './stack-error.ts';

/** One process of the stack. `identity` tells it from a later process with the same id. */
export interface PartRecord {
  name: string;
  url: string;
  pid: number;
  identity: string;
  log?: string;
}

/** `.orderflow/stack.json`: where everything is, for people and for other tools. */
export interface StackRecord {
  state: 'starting' | 'ready' | 'stopping';
  supervisor: { pid: number; identity: string };
  startedAt: string;
  parts: PartRecord[];
  /** Connection URLs, passwords included: only the owner may read the file. */
  databases: Record<string, string>;
}

/** Whole or not at all: whoever reads it while it changes sees the old one. */
export function writeStackRecord(file: string, record: StackRecord): void {
  const unfinished = `${file}.new`;
  writeFileSync(unfinished, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(unfinished, file);
}

export function removeStackRecord(file: string): void {
  rmSync(file, { force: true });
}

/** Undefined when there is none. One that cannot be read is an error: it may name processes that still run. */
export function readStackRecord(file: string): StackRecord | undefined {
  if (!existsSync(file)) return undefined;
  const value = parse(readFileSync(file, 'utf8'));
  if (isStackRecord(value)) return value;
  throw new StackError({
    code: 'unreadable_record',
    message: `${file} is not the record of a stack, so what an earlier run has left cannot be found by it.`,
    remedy: 'Make sure that nothing of that run is left (ps -ef), remove the file and start again.',
  });
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined; // Not JSON is not a record: the caller says so.
  }
}

export function recordProcess(part: { name: string; url: string; pid: number; log?: string }): PartRecord {
  return { ...part, identity: processIdentity(part.pid) ?? '' };
}

export function isRunning(process: { pid: number; identity: string }): boolean {
  return process.identity !== '' && processIdentity(process.pid) === process.identity;
}

function isStackRecord(value: unknown): value is StackRecord {
  if (typeof value !== 'object' || value === null || !('parts' in value) || !Array.isArray(value.parts))
    return false;
  const processes: unknown[] = value.parts;
  return processes.every(isProcess) && 'supervisor' in value && isProcess(value.supervisor);
}

function isProcess(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('pid' in value) || !('identity' in value))
    return false;
  return Number.isInteger(value.pid) && typeof value.identity === 'string';
}
