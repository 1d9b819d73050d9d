// npm run bench: measures on real servers that it starts itself; `npm run bench -- --help` says how.
import { parseBenchArguments, usage } from './arguments.ts';
import { runBench } from './bench.ts';
import { writePages } from './write-pages.ts';
import { stopSignal } from './stop-signal.ts';

const stop = stopSignal();
process.stdout.on('error', () => {
  // A reader that has gone (`| head`) must not keep the servers and their folder from being tidied up.
});

try {
  const options = parseBenchArguments(process.argv.slice(2));
  if (options.help) process.stdout.write(usage);
  else if (options.pages) writePages();
  else {
    const say = (line: string): void =>
      void (options.json ? process.stderr : process.stdout).write(`${line}\n`);
    const { results, complete } = await runBench(options, stop, say);
    if (options.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
    process.exitCode = complete ? 0 : 1;
  }
} catch (error) {
  process.stderr.write(
    `\nbench: ${stop.aborted || !Error.isError(error) ? String(error) : (error.stack ?? error.message)}\n`,
  );
  process.exitCode = stop.aborted ? 130 : 1;
}
