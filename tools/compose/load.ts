// docker compose run --rm load: orders until Ctrl-C or the end of standard input, then waits until all is quiet, and
// judges what it has caused. Unlike the demo it demands no particular end of an order: a payment may time out while
// something is broken.
//   load: running         the first orders have come to their end
//   load: N orders, ...   the result; the exit code says whether every promise was kept
import { once } from 'node:events';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { judge } from '../demo/checks/all-checks.ts';
import { SystemReader } from '../demo/checks/read-system.ts';
import type { Scope, SystemView } from '../demo/checks/system-view.ts';
import { untilQuiet } from '../demo/checks/until-quiet.ts';
import { countViolations, verdictLines } from '../demo/checks/verdict-lines.ts';
import { ShopClient } from '../demo/shop-client.ts';
import { onStopSignals } from '../stack/stop-signals.ts';
import { containerSystem } from './container-system.ts';
import { MailView } from './mail-view.ts';
import { type OrderLoad, startLoad } from './order-load.ts';
import { ProgressWatch } from './progress-watch.ts';

const quietDeadlineMs = 90_000;
const lookMs = 250;
const tellMs = 1_000;
const warmOrders = 10;

const stop = onStopSignals(() => process.exit(130));
const system = containerSystem();
const mail = await MailView.open(system.mail);
const reader = await SystemReader.open({ ...system, mail: mail.url });

function quiet(scope: Scope): Promise<SystemView> {
  return untilQuiet(reader, () => scope, {
    deadlineMs: quietDeadlineMs,
    onFailedLook: (error) => console.log(`load: reading failed, trying again: ${String(error)}`),
  });
}

/** SMTP has no ids: a crash between the server's yes and our note of it sends the mail again, under one Message-ID. */
const copiesOfMailCountOnce = (view: SystemView): SystemView => ({
  ...view,
  mails: [...new Set(view.mails)],
});

/** For people, who have a terminal: a line each second, so that a break is seen while it lasts. */
function tell(load: OrderLoad, watch: ProgressWatch): () => void {
  if (!process.stdout.isTTY) return () => undefined;
  const line = (): string =>
    `load: ${load.accepted.length} orders accepted, ${watch.final} at their end, the last ${watch.stillFor.toFixed(0)} s ago`;
  const timer = setInterval(() => console.log(line()), tellMs);
  return () => clearInterval(timer);
}

try {
  const inputEnd = new AbortController();
  process.stdin.resume();
  void once(process.stdin, 'end').then(() => inputEnd.abort());
  const told = AbortSignal.any([stop.first, inputEnd.signal]);
  const load = await startLoad(new ShopClient(system), Date.now().toString(36), told);
  const watch = new ProgressWatch(reader, load.users);
  while (watch.final < warmOrders && !told.aborted) await delay(lookMs);
  console.log('load: running');
  const quieten = tell(load, watch);
  await load.ended;
  quieten();
  const stoodStill = watch.stop();
  if (process.stdout.isTTY) console.log('load: ended, waiting until all is quiet');
  const view = await quiet({ users: load.users, accepted: load.accepted, poison: [] });
  const verdicts = judge(copiesOfMailCountOnce(view));
  const violations = countViolations(verdicts);
  if (violations > 0) console.log(verdictLines(verdicts).join('\n'));
  console.log(
    `load: ${load.accepted.length} orders, longest standstill ${stoodStill.toFixed(1)} s, ${violations} violations`,
  );
  process.exitCode = violations === 0 ? 0 : 1;
} finally {
  await reader.close();
  await mail.close();
  stop.off();
  // A terminal would hold the process.
  process.stdin.pause();
}
