// npm start: keeps the embedded stack running until Ctrl-C.
import { once } from 'node:events';
import { constants } from 'node:os';
import process from 'node:process';
import { parseStartArguments, startUsage } from './stack/start-arguments.ts';
import { EmbeddedError, StackError, startStack } from './stack/stack.ts';
import type { StackOptions } from './stack/stack-options.ts';
import { stackTable } from './stack/stack-table.ts';
import { onStopSignals } from './stack/stop-signals.ts';

const say = (line: string): void => console.log(line);

async function run(options: StackOptions): Promise<void> {
  const stop = onStopSignals((signal) => {
    say('killing everything');
    // What is left is killed as this process exits; see StackRecorder.
    process.exit(128 + constants.signals[signal]);
  });
  const stack = await startStack({ ...options, onProgress: say, signal: stop.first });
  say(
    `\n${stackTable(stack.parts())}\n\nPress Ctrl-C to stop. Machine-readable copy: ${stack.directory}/stack.json`,
  );
  if (!stop.first.aborted) await once(stop.first, 'abort');
  say('\nstopping: the services drain first (Ctrl-C again kills at once)');
  await stack.stop();
  say('stopped, no process left');
  stop.off();
}

try {
  const parsed = parseStartArguments(process.argv.slice(2));
  if (parsed.help) say(startUsage);
  else await run(parsed.options);
} catch (error) {
  const known = error instanceof StackError || error instanceof EmbeddedError;
  console.error(known ? `\n${error.message}` : error);
  process.exitCode = error instanceof StackError && error.code === 'interrupted' ? 130 : 1;
}
