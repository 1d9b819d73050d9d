import { spawnSync } from 'node:child_process';
import { isUtf8 } from 'node:buffer';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { CliError } from './cli-error.ts';
import type { FlagValues } from './flags.ts';

export interface Body {
  body: string;
  bodyEncoding: 'utf8' | 'base64';
}

/** From `--body`, from `--body-file`, or from `$EDITOR`. */
export function newBody(flags: FlagValues, old: Body): Body {
  const { body, 'body-file': file } = flags;
  if (body !== undefined && file !== undefined)
    throw new CliError('usage', 'Give --body or --body-file, not both.');
  if (body !== undefined) return { body, bodyEncoding: 'utf8' };
  return file === undefined ? fromEditor(old) : fromFile(file);
}

function fromFile(file: string): Body {
  try {
    const content = readFileSync(file);
    return isUtf8(content)
      ? { body: content.toString('utf8'), bodyEncoding: 'utf8' }
      : { body: content.toString('base64'), bodyEncoding: 'base64' };
  } catch (cause) {
    throw new CliError('failed', `${file} cannot be read.`, { cause });
  }
}

function fromEditor(old: Body): Body {
  const editor = process.env['VISUAL'] || process.env['EDITOR'];
  if (editor === undefined || editor === '' || !process.stdin.isTTY) {
    throw new CliError('usage', 'Give the new body by --body or --body-file, or set EDITOR at a terminal.');
  }
  if (old.bodyEncoding === 'base64') {
    throw new CliError('usage', 'The body is no text: give the new one by --body-file.');
  }
  // Only its owner can look into it: bodies may hold personal data.
  const folder = mkdtempSync(path.join(tmpdir(), 'orderflow-'));
  const file = path.join(folder, 'body.json');
  try {
    writeFileSync(file, old.body, { mode: 0o600 });
    // By the shell, because EDITOR may have arguments: "code --wait".
    const { status } = spawnSync('/bin/sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit' });
    if (status !== 0) throw new CliError('failed', 'The editor ended with an error. Nothing was changed.');
    return fromFile(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
