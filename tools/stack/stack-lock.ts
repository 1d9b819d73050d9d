import { takeLock } from '../setup/pid-lock.mjs';
import { StackError } from './stack-error.ts';
import { readStackRecord } from './stack-file.ts';
import type { StackPaths } from './stack-layout.ts';

/** One stack a folder. Throws and says where the running one is. */
export function lockStack(paths: StackPaths): () => void {
  const attempt = takeLock(paths.lock);
  if (attempt.taken) return attempt.release;
  const { pid } = attempt.holder;
  const parts = readStackRecord(paths.state)?.parts ?? [];
  const places = parts
    .filter(({ url }) => url.startsWith('http'))
    .map(({ name, url }) => `  ${name}  ${url}`);
  throw new StackError({
    code: 'already_running',
    message: [`A stack already runs in ${paths.directory} (process ${pid}).`, ...places].join('\n'),
    remedy: `Use that one (${paths.state} says where each part is), end it (kill ${pid}), or give another --directory.`,
  });
}
