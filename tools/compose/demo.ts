// docker compose --profile demo run --rm demo: what `npm run demo` does and checks, against the containers.
import process from 'node:process';
import { countViolations, verdictLines } from '../demo/checks/verdict-lines.ts';
import { runDemo } from '../demo/demo-run.ts';
import { onStopSignals } from '../stack/stop-signals.ts';
import { containerSystem } from './container-system.ts';
import { MailView } from './mail-view.ts';

const stop = onStopSignals(() => process.exit(130));
const system = containerSystem();
const mail = await MailView.open(system.mail);
try {
  const { settled, verdicts } = await runDemo({ ...system, mail: mail.url }, stop.first);
  const violations = countViolations(verdicts);
  console.log(`\n${verdictLines(verdicts).join('\n')}\n`);
  console.log(`demo: ${settled} orders settled, ${violations} violations`);
  process.exitCode = violations === 0 ? 0 : 1;
} finally {
  await mail.close();
  stop.off();
}
