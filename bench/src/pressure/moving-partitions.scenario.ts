import { setTimeout as delay } from 'node:timers/promises';
import { fillDeferred } from './deferred-filling.ts';
import { PARTITIONS } from './pressed.handlers.ts';
import { countOf } from './pressure-tables.ts';
import { atMost, type Finding, type Scenario } from './scenario.ts';
import { type Stage, until, type World } from './stage.ts';

const BOUND_MS = 1_000;
const KEYS_EACH = 100_000;
const SETTLE_MS = 10_000;

const EFFECTS = `SELECT split_part(user_id, '-', 2) AS partition, instance, at FROM effect`;

/** For each partition that changed hands: from the last effect of one instance to the first one of the other. */
const GAPS = `
  WITH taken AS (${EFFECTS})
  SELECT (extract(epoch FROM first.at - last.at) * 1000)::float8 AS ms
  FROM (SELECT partition, max(at) AS at FROM taken WHERE instance = $1 GROUP BY partition) AS last
  JOIN (SELECT partition, min(at) AS at FROM taken WHERE instance = $2 GROUP BY partition) AS first USING (partition)
  WHERE first.at > last.at`;

/** The longest pause of a partition while it stays where it is. */
const LONGEST = `
  WITH taken AS (${EFFECTS})
  SELECT coalesce(max(ms), 0)::float8 AS ms FROM (
    SELECT extract(epoch FROM at - lag(at) OVER (PARTITION BY partition ORDER BY at)) * 1000 AS ms FROM taken
  ) AS pause`;

async function gaps({ database }: World, from: string, to: string): Promise<number[]> {
  const rows = await database.query<{ ms: number }>(GAPS, [from, to]);
  return rows.map(({ ms }) => ms);
}

async function longestPause({ database }: World): Promise<number> {
  const [row] = await database.query<{ ms: number }>(LONGEST);
  return row?.ms ?? Number.NaN;
}

/** Its partitions without an effect of it. Effects are many, so only the last ones are looked at. */
const SILENT = `
  SELECT count(*)::int AS count FROM messaging.ownership
  WHERE resource LIKE 'partition-%' AND owner LIKE $1 || '-%' AND NOT EXISTS (
    SELECT FROM (SELECT user_id, instance FROM effect ORDER BY id DESC LIMIT 20000) AS last
    WHERE instance = $1 AND split_part(user_id, '-', 2)::int = right(resource, 2)::int)`;

const HELD = `
  SELECT count(*)::int AS count FROM messaging.ownership
  WHERE resource LIKE 'partition-%' AND owner LIKE $1 || '-%'`;

/** It holds so many partitions at least, and handles all that it holds. */
async function flows({ database }: World, instance: string, atLeast: number): Promise<boolean> {
  const held = await countOf(database, HELD, [instance]);
  return held >= atLeast && (await countOf(database, SILENT, [instance])) === 0;
}

async function run(stage: Stage): Promise<Finding[]> {
  const world = await stage.world('moving');
  stage.say('  filling');
  const size = { partitions: PARTITIONS, keysEach: KEYS_EACH, messagesOfKey: 1 };
  await fillDeferred(world.database, { ...size, keyPrefix: 'later', state: 'waiting', due: '0 s' });
  const one = await stage.service(world, { instance: 'one' });
  await until('the first instance handles all partitions', () => flows(world, 'one', PARTITIONS));
  await delay(SETTLE_MS);
  const usual = await longestPause(world);
  const two = await stage.service(world, { instance: 'two' });
  await until('the second instance handles its share', () => flows(world, 'two', 4));
  const joined = await gaps(world, 'one', 'two');
  await delay(SETTLE_MS);
  const stopping = performance.now();
  await one.stop();
  stage.say(`  the first instance ended after ${(performance.now() - stopping).toFixed(0)} ms`);
  await until('the second instance handles all', () => flows(world, 'two', PARTITIONS));
  const left = (await gaps(world, 'one', 'two')).filter((ms) => !joined.includes(ms));
  await two.stop();
  stage.say(`  joined: ${textOf(joined)}; left: ${textOf(left)}`);
  const unhandled = `(longest pause of a partition that stays: ${usual.toFixed(0)} ms)`;
  return [
    atMost(
      `an instance joins: longest of ${joined.length} moved partitions ${unhandled}`,
      Math.max(...joined),
      BOUND_MS,
      'ms',
    ),
    atMost(`an instance ends: longest of ${left.length} moved partitions`, Math.max(...left), BOUND_MS, 'ms'),
  ];
}

function textOf(times: readonly number[]): string {
  return times.map((ms) => ms.toFixed(0)).join(' ');
}

export const movingPartitions: Scenario = {
  name: 'moving',
  title: '100,000 deferred messages in each of 16 partitions, which move to another instance',
  run,
};
