import { setTimeout as delay } from 'node:timers/promises';
import { mapAt, textAt } from '../k8s/manifest.ts';
import { serviceNames } from '../stack/stack-layout.ts';
import { acceptedAfter, notAccepted, refusedWithoutReason } from './availability.ts';
import { restartAll } from './breaks.ts';
import type { Handling } from './inside/handling.ts';
import type { Answered } from './inside/requests.ts';
import type { Kubectl } from './kubectl.ts';
import type { RequestRun, Toolbox } from './toolbox.ts';

interface Tested {
  kubectl: Kubectl;
  say: (line: string) => void;
}

const HANDLING = 'tools/kubernetes/inside/handling.ts';
/** Work must go on after the break, not only end. */
export const afterwardsMs = 4_000;
/** So many at least have to be made, and accepted. */
const leastRequests = 300;
const handlesAgainMs = 5_000;
const servesAgainMs = 2_000;

/**
 * While orders are placed at a steady pace, each answer noted, and beside them by several users, whose orders are judged at the
 * end by all checks of the demo.
 */
async function withRequests(
  { say }: Tested,
  toolbox: Toolbox,
  modes: readonly ('new' | 'kept')[],
  work: (runs: readonly RequestRun[]) => Promise<string[]>,
): Promise<string[]> {
  const load = toolbox.load(say);
  const runs: RequestRun[] = [];
  try {
    // It has stock brought in, for the others as well.
    await load.running();
    for (const mode of modes) runs.push(toolbox.requests(mode));
    for (const run of runs) await run.running();
    const wrong = await work(runs);
    return [...wrong, ...((await load.verdict()) ? [] : ['not every promise was kept'])];
  } finally {
    for (const run of runs) run.abandon();
    load.abandon();
  }
}

export async function rollingRestart(tested: Tested, toolbox: Toolbox): Promise<string[]> {
  return await withRequests(tested, toolbox, ['new', 'kept'], async ([overNew, overKept]) => {
    await restartAll(tested.kubectl, 'deployment', serviceNames);
    await delay(afterwardsMs);
    const [fresh, kept] = [(await overNew?.answers()) ?? [], (await overKept?.answers()) ?? []];
    tested.say(`${fresh.length} orders over new connections, ${kept.length} over kept ones`);
    return [
      ...notAccepted('over new connections', fresh, leastRequests),
      ...notAccepted('over kept connections', kept, leastRequests),
    ];
  });
}

async function addresses(kubectl: Kubectl): Promise<string[]> {
  const found = await Promise.all(
    serviceNames.map(async (service) => {
      const pod = await kubectl.json('get', 'pod', await kubectl.pod(service));
      return `${service}=${textAt(pod, 'status.podIP')}`;
    }),
  );
  return found;
}

interface Loss {
  /** Of `inside/handling.ts`. */
  dependency: 'nats' | 'postgres';
  pod: string;
  judge: (answers: readonly Answered[], found: Handling) => string[];
}

/** The only pod of a dependency is deleted while orders are placed over new connections. */
export async function loss(tested: Tested, toolbox: Toolbox, lost: Loss): Promise<string[]> {
  const { kubectl, say } = tested;
  return await withRequests(tested, toolbox, ['new'], async ([overNew]) => {
    const watch = toolbox.start(HANDLING, lost.dependency, ...(await addresses(kubectl)));
    try {
      await watch.running();
      await kubectl.run(['delete', 'pod', lost.pod, '--timeout=120s'], { timeoutMs: 150_000 });
      const found = handlingOf(await watch.result());
      await delay(afterwardsMs);
      const answers = (await overNew?.answers()) ?? [];
      say(
        `${answers.length} orders; ms from its return to the first message: ${JSON.stringify(found.handledMs)}`,
      );
      return lost.judge(answers, found);
    } finally {
      watch.abandon();
    }
  });
}

export const lossOfNats: Loss = {
  dependency: 'nats',
  pod: 'nats-0',
  judge: (answers, { handledMs }) => [
    ...Object.entries(handledMs)
      .filter(([, ms]) => ms > handlesAgainMs)
      .map(([service, ms]) => `${service} handled again after ${ms} ms`),
    ...notAccepted('over new connections', answers, leastRequests),
  ],
};

export const lossOfPostgres: Loss = {
  dependency: 'postgres',
  pod: 'postgres-0',
  judge: (answers, { back }) => {
    const servedMs = acceptedAfter(answers, back);
    return [
      ...refusedWithoutReason('over new connections', answers),
      ...(servedMs !== undefined && servedMs <= servesAgainMs
        ? []
        : [`an order was accepted ${servedMs ?? '-'} ms after its return, not within ${servesAgainMs}`]),
    ];
  },
};

function handlingOf(line: string): Handling {
  const found: unknown = JSON.parse(line);
  const handledMs = [...mapAt(found, 'handledMs')].map(([name, ms]): [string, number] => [name, Number(ms)]);
  return { back: Number(textAt(found, 'back')), handledMs: Object.fromEntries(handledMs) };
}
