// npm run demo: places 30 orders on a stack of its own, shows them, and checks every promise.
//   npm run demo -- [--fresh] [--directory FOLDER] [--scale SERVICE=COUNT]... [--nats-nodes 3]
// A stack that already runs in the folder is not touched: its time-outs are not those of the demo.
import { constants } from 'node:os';
import process from 'node:process';
import { addressesOf } from './demo/checks/stack-addresses.ts';
import { countViolations, verdictLines } from './demo/checks/verdict-lines.ts';
import { demoEnvironment } from './demo/demo-settings.ts';
import { runDemo, type DemoResult, type DemoSystem } from './demo/demo-run.ts';
import { parseStartArguments, startUsage } from './stack/start-arguments.ts';
import { EmbeddedError, StackError, startStack, type Stack } from './stack/stack.ts';
import type { StackOptions } from './stack/stack-options.ts';
import { onStopSignals } from './stack/stop-signals.ts';

const notUsed =
  'The demo needs short time-outs, so it does not use a stack that others have started: end that one, or run\n' +
  '  npm run demo -- --directory .orderflow-demo';

const say = (line: string): void => console.log(line);

async function onStack(options: StackOptions): Promise<DemoResult> {
  const stop = onStopSignals((signal) => process.exit(128 + constants.signals[signal]));
  const stack = await startStack({
    ...options,
    environment: demoEnvironment,
    onProgress: say,
    signal: stop.first,
  });
  try {
    say('');
    return await runDemo(systemOf(stack), stop.first);
  } finally {
    await stack.stop();
    stop.off();
  }
}

function systemOf(stack: Stack): DemoSystem {
  return { ...addressesOf(stack), order: stack.part('order').url, inventory: stack.part('inventory').url };
}

try {
  const parsed = parseStartArguments(process.argv.slice(2));
  if (parsed.help) say(startUsage.replace('npm start', 'npm run demo'));
  else {
    const { settled, verdicts } = await onStack(parsed.options);
    const violations = countViolations(verdicts);
    say(`\n${verdictLines(verdicts).join('\n')}\n`);
    say(`demo: ${settled} orders settled, ${violations} violations`);
    process.exitCode = violations === 0 ? 0 : 1;
  }
} catch (error) {
  const known = error instanceof StackError || error instanceof EmbeddedError;
  console.error(known ? `\n${error.message}` : error);
  if (error instanceof StackError && error.code === 'already_running') console.error(notUsed);
  process.exitCode = error instanceof StackError && error.code === 'interrupted' ? 130 : 1;
}
