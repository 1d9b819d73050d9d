// One process of a contestant: runs the part module that the benchmark names, and does what it is told over IPC.
import type { FromPart, GoOrder, PartModule, RunningPart, StartOrder, ToPart } from './protocol.ts';

const send = (message: FromPart): void => void process.send?.(message);

let running: RunningPart | undefined;

async function start({ module, options }: StartOrder): Promise<void> {
  const loaded: unknown = await import(module);
  if (!hasPart(loaded)) throw new Error(`${module} does not export a part`);
  running = await loaded.part.start(options);
  send({ type: 'ready' });
}

async function go({ run }: GoOrder): Promise<void> {
  if (running === undefined) throw new Error('a part goes after it has started');
  const before = process.cpuUsage();
  const done = await running.go(run);
  const { user, system } = process.cpuUsage(before);
  send({ type: 'done', cpuMs: (user + system) / 1_000, ...done });
}

/** Exits by itself, whatever keeps the event loop alive; a CPU profile is written then. */
async function stop(): Promise<void> {
  await running?.stop();
  process.exit(0);
}

function hasPart(loaded: unknown): loaded is { part: PartModule<object> } {
  if (typeof loaded !== 'object' || loaded === null || !('part' in loaded)) return false;
  return typeof loaded.part === 'object' && loaded.part !== null && 'start' in loaded.part;
}

function obey(order: ToPart): Promise<void> {
  switch (order.type) {
    case 'start':
      return start(order);
    case 'go':
      return go(order);
    case 'stop':
      return stop();
  }
}

const fail = (error: unknown): void => {
  send({ type: 'failed', error: Error.isError(error) ? (error.stack ?? error.message) : String(error) });
};

process.on('message', (order: ToPart) => void obey(order).catch(fail));
process.on('unhandledRejection', fail);
process.on('uncaughtException', fail);
// A benchmark that is killed leaves no part behind.
process.on('disconnect', () => process.exit(1));
// Ctrl-C reaches the whole process group; the benchmark ends its parts itself.
process.on('SIGINT', () => undefined);
