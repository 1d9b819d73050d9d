import { setTimeout as delay } from 'node:timers/promises';
import { listAt, textAt } from '../k8s/manifest.ts';
import type { Steps } from '../process/steps.ts';
import { serviceNames } from '../stack/stack-layout.ts';
import { type Break, breaksOf, isDrain, scaled } from './breaks.ts';
import type { Installation, TestedOverlay } from './installation.ts';
import type { Kubectl } from './kubectl.ts';
import { wrongPaths } from './network-paths.ts';
import { insecurePods } from './pod-security.ts';
import { badStops } from './stops.ts';
import { afterwardsMs, loss, lossOfNats, lossOfPostgres, rollingRestart } from './outages.steps.ts';
import { Toolbox } from './toolbox.ts';

export interface Tested {
  kubectl: Kubectl;
  installation: Installation;
  steps: Steps;
  say: (line: string) => void;
  overlay: TestedOverlay;
  context: string;
  /** Breaks with this in their names. */
  only: string;
  /** A drain stops a node for everybody. */
  mayDrain: boolean;
}

const demoSeconds = 300;

export async function testInstalled(tested: Tested): Promise<void> {
  const { kubectl, installation, steps, overlay, context, only, mayDrain } = tested;
  await steps.run('installed, and ready without a restart', () => install(tested));
  if (steps.failed > 0) return;
  const toolbox = await Toolbox.find(kubectl);
  if (only === '') {
    await steps.run("the README's order is shipped", () => orderOfReadme(toolbox));
    await steps.run('the checks of the demo, as a Job', () => demo(tested));
    await steps.run('every pod may do as little as it needs', () => insecurePods(kubectl));
    await steps.run('every network path is as the table says', () => wrongPaths(kubectl, context));
    for (const name of ['production', 'production-small'])
      await steps.run(
        `the API server takes the overlay ${name}`,
        async () => (await installation.dryRun(name), []),
      );
    await steps.run('no autoscaler has answered to the starts', () => rescaled(kubectl));
    await steps.run('a rolling restart of all services refuses no request', () =>
      rollingRestart(tested, toolbox),
    );
  }
  await steps.run('one of each service from here on', () => withoutAutoscalers(kubectl));
  if (overlay === 'local' && only === '') {
    await steps.run('the only NATS pod is lost: every order is accepted, and handled again within 5 s', () =>
      loss(tested, toolbox, lossOfNats),
    );
    await steps.run('PostgreSQL is lost: 503 with a reason, and service within 2 s', () =>
      loss(tested, toolbox, lossOfPostgres),
    );
  }
  const chosen = breaksOf(overlay).filter((each) => each.name.includes(only) && (mayDrain || !isDrain(each)));
  for (const broken of chosen) await steps.run(broken.name, () => underLoad(tested, toolbox, broken));
  if (only === '') {
    await steps.run('every pod ends in its time, with 0', () =>
      badStops(kubectl, [
        ...serviceNames.map((app) => ({ app, grace: 30 })),
        { app: 'payment-sandbox', grace: 30 },
        { app: 'nats', grace: 60 },
        { app: 'postgres', grace: 60 },
      ]),
    );
    await steps.run('at the end, load without a break', () =>
      underLoad(tested, toolbox, { name: 'none', run: async () => [] }),
    );
  }
}

async function install({ kubectl, installation, say }: Tested): Promise<string[]> {
  await installation.apply();
  const beganAt = Date.now();
  await kubectl.untilRolledOut();
  say(`ready after ${((Date.now() - beganAt) / 1_000).toFixed(0)} s`);
  const pods = listAt(await kubectl.json('get', 'pods'), 'items');
  return pods
    .filter((pod) => textAt(pod, 'status.containerStatuses.0.restartCount') !== '0')
    .map((pod) => `${textAt(pod, 'metadata.name')} was restarted`);
}

/** As the README has it: stock first, then an order. */
const README_ORDER = `
  const json = { 'content-type': 'application/json' };
  const put = { method: 'PUT', headers: json, body: JSON.stringify({ receiptId: crypto.randomUUID(), quantity: 5 }) };
  const received = await fetch(process.env.INVENTORY_URL + '/stock/MUG/receipts', put);
  const order = { userId: 'ada', email: 'ada@example.org', currency: 'EUR', paymentToken: 'tok_approve', lines: [{ sku: 'MUG', quantity: 2 }] };
  const placed = await fetch(process.env.ORDER_URL + '/orders', { method: 'POST', headers: json, body: JSON.stringify(order) });
  const { orderId } = await placed.json();
  let status;
  for (const end = Date.now() + 60_000; status !== 'shipped' && Date.now() < end; await new Promise((r) => setTimeout(r, 100)))
    ({ status } = await (await fetch(process.env.ORDER_URL + '/orders/' + orderId)).json());
  console.log([received.status, placed.status, status].join(' '));`;

async function orderOfReadme(toolbox: Toolbox): Promise<string[]> {
  const program = `(async () => {${README_ORDER}})()`;
  const found = (await toolbox.evaluate(program)).trim();
  return found === '200 201 shipped' ? [] : [`stock, order and its state: ${found}, not 200 201 shipped`];
}

async function demo({ kubectl, say }: Tested): Promise<string[]> {
  const ended = await Promise.any([
    kubectl.wait(['job/demo'], 'condition=Complete', demoSeconds).then(() => []),
    kubectl.wait(['job/demo'], 'condition=Failed', demoSeconds).then(() => ['the Job has failed']),
  ]).catch(() => [`the Job did not end within ${demoSeconds} s`]);
  const log = await kubectl.run(['logs', 'job/demo', '--tail=24']);
  say(log.trim());
  return ended;
}

/** Each has to have figures: without a metrics server it would answer to nothing. */
async function rescaled(kubectl: Kubectl): Promise<string[]> {
  await kubectl.wait(['hpa', '--all'], 'condition=ScalingActive', 180);
  const events = listAt(
    await kubectl.json('get', 'events', '--field-selector', 'reason=SuccessfulRescale'),
    'items',
  );
  return events.map((event) => textAt(event, 'message'));
}

/** They would undo what is scaled here, and fill a small node. */
async function withoutAutoscalers(kubectl: Kubectl): Promise<string[]> {
  await kubectl.run(['delete', 'hpa', '--all']);
  for (const service of serviceNames) await scaled(kubectl, service, 1);
  return [];
}

async function underLoad({ kubectl, say }: Tested, toolbox: Toolbox, broken: Break): Promise<string[]> {
  const load = toolbox.load(say);
  try {
    await load.running();
    const wrong = await broken.run(kubectl);
    await kubectl.untilRolledOut();
    await delay(afterwardsMs);
    return [...wrong, ...((await load.verdict()) ? [] : ['not every promise was kept'])];
  } finally {
    load.abandon();
  }
}
