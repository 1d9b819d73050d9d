import { besideCalm } from './beside-calm.ts';
import { fillPressure, keepAdding } from './load.ts';
import { countOf, disorderedKeys, effectsOf } from './pressure-tables.ts';
import { exactly, type Finding, type Scenario } from './scenario.ts';
import { type Stage, until } from './stage.ts';

/** Ten minutes of 200 a second. */
const EVENTS = 120_000;
const KEYS = 20_000;
const PER_SECOND = 100;

const DEFERRED = `SELECT coalesce(sum(messages), 0)::int AS count FROM messaging.blocked_key`;
const ATTEMPTS = `SELECT count(*)::int AS count FROM effect WHERE starts_with(user_id, 'needs') AND attempt > 1`;

async function run(stage: Stage): Promise<Finding[]> {
  const [calm, pressed] = [await stage.world('calm'), await stage.world('down')];
  const { database } = pressed;
  await database.query('UPDATE provider SET is_up = false');
  const service = await stage.service(pressed);
  const load = { event: 'asked', keyPrefix: 'needs', keys: KEYS };
  await fillPressure(database, load, EVENTS);
  const deferredMs = await until(
    'all are deferred',
    async () => (await countOf(database, DEFERRED)) >= EVENTS,
  );
  stage.say(`  ${EVENTS.toLocaleString('en-US')} deferred after ${(deferredMs / 1_000).toFixed(0)} s`);
  await service.stop();
  const findings = await besideCalm(stage, `${PER_SECOND} more a second arrive`, {
    calm,
    pressed,
    whilePressed: (signal) =>
      keepAdding(database, { event: 'asked', keyPrefix: 'needs', keys: 5, perSecond: PER_SECOND }, signal),
  });
  const deferred = await countOf(database, DEFERRED);
  const last = await stage.service(pressed);
  await database.query('UPDATE provider SET is_up = true');
  const all = async (): Promise<boolean> => (await countOf(database, DEFERRED)) === 0;
  const handledMs = await until('all are handled', all);
  await last.stop();
  const name = `handled within ${(handledMs / 1_000).toFixed(0)} s of its return`;
  return [
    ...findings,
    exactly(name, await effectsOf(database, 'needs'), deferred),
    exactly('attempts used beyond the first', await countOf(database, ATTEMPTS), 0),
    exactly('keys out of order', await disorderedKeys(database, 'needs'), 0),
  ];
}

export const dependencyDown: Scenario = {
  name: 'down',
  title: 'A dependency that is down for 10 minutes of 200 messages a second (120,000 messages)',
  run,
};
