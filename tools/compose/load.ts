// Runs in a container: orders until standard input ends, then waits until all is quiet, and judges what it has caused.
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
import { containerSystem } from './container-system.ts';
import { MailView } from './mail-view.ts';
import { startLoad } from './order-load.ts';
import { ProgressWatch } from './progress-watch.ts';

const quietDeadlineMs = 90_000;
const retryMs = 1_000;
const warmOrders = 10;

const system = containerSystem();
const mail = await MailView.open(system.mail);
const reader = await SystemReader.open({ ...system, mail: mail.url });

/** A question that was under way when the database came back may still fail. */
async function quiet(scope: Scope): Promise<SystemView> {
  const deadline = Date.now() + quietDeadlineMs;
  for (;;) {
    try {
      return await untilQuiet(reader, () => scope, { deadlineMs: deadline - Date.now() });
    } catch (error) {
      if (Date.now() > deadline) throw error;
      console.log(`load: reading failed, trying again: ${String(error)}`);
      await delay(retryMs);
    }
  }
}

/** SMTP has no ids: a crash between the server's yes and our note of it sends the mail again, under one Message-ID. */
const copiesOfMailCountOnce = (view: SystemView): SystemView => ({
  ...view,
  mails: [...new Set(view.mails)],
});

try {
  const told = new AbortController();
  process.stdin.resume();
  void once(process.stdin, 'end').then(() => told.abort());
  const load = await startLoad(new ShopClient(system), Date.now().toString(36), told.signal);
  const watch = new ProgressWatch(reader, load.users);
  while (watch.final < warmOrders && !told.signal.aborted) await delay(retryMs / 4);
  console.log('load: running');
  await load.ended;
  const stoodStill = watch.stop();
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
}
