import { freePort } from '@orderflow/embedded';
import { median } from '../report/statistics.ts';
import { fillDeferred } from './deferred-filling.ts';
import { fillOutbox } from './outbox-filling.ts';
import { countOf } from './pressure-tables.ts';
import { atMost, type Finding, type Scenario } from './scenario.ts';
import type { Stage, World } from './stage.ts';

const BOUND_MS = 100;
const TIMES = 15;
const EACH = 300_000;

/** 300,000 dead letters, as many deferred messages, as many events that wait, and few of what one looks for among them. */
async function fill({ database }: World): Promise<void> {
  const dead = { partitions: 16, messagesOfKey: 1, state: 'dead', due: '0 s' } as const;
  const perPartition = EACH / 16;
  await fillDeferred(database, { ...dead, keyPrefix: 'dead', keysEach: perPartition });
  await fillDeferred(database, { ...dead, keyPrefix: 'rare', keysEach: 1, stream: 'RARE' });
  await fillDeferred(database, { ...dead, keyPrefix: 'mail', keysEach: 1, consumer: 'mailer' });
  await fillDeferred(database, {
    ...dead,
    keyPrefix: 'long',
    partitions: 1,
    keysEach: 1,
    messagesOfKey: 50_000,
  });
  const later = { state: 'waiting', due: '1 hour', partitions: 16, messagesOfKey: 1 } as const;
  await fillDeferred(database, { ...later, keyPrefix: 'later', keysEach: perPartition });
  await fillDeferred(database, { ...later, keyPrefix: 'group', keysEach: 3_000, consumer: 'mailer' });
  await fillOutbox(database, {
    count: EACH,
    stream: 'GONE',
    prefix: 'gone',
    event: 'gone',
    keyPrefix: 'copy',
    keys: EACH,
    textBytes: 100,
  });
  await database.query(
    `UPDATE messaging.outbox SET state = 'refused', refused_at = now(), reason = 'too large' WHERE id % 10 = 0`,
  );
}

async function paths({ database }: World): Promise<Readonly<Record<string, string>>> {
  const deep = await countOf(
    database,
    `SELECT id AS count FROM messaging.parked WHERE state = 'dead' ORDER BY id OFFSET 290000 LIMIT 1`,
  );
  const list = '/messaging/dead-letters';
  return {
    'dead letters': list,
    'dead letters, 200 of them': `${list}?limit=200`,
    'dead letters, page 5,800': `${list}?after=${deep}`,
    'dead letters of ordered handling, page 5,800': `${list}?consumer=ordered&after=${deep}`,
    'dead letters of a queue group': `${list}?consumer=mailer`,
    'dead letters of a stream': `${list}?stream=PRESSURE`,
    'dead letters of a stream with few': `${list}?stream=RARE`,
    'dead letters of a stream without any': `${list}?stream=NONE`,
    'dead letters of ordered handling, of a stream without any': `${list}?consumer=ordered&stream=NONE`,
    'dead letters of a key': `${list}?key=dead-7-9999`,
    'dead letters of a key with 50,000 behind': `${list}?key=long-0-1`,
    'a dead letter': `${list}/${deep}`,
    'blocked keys': '/messaging/keys/blocked',
    'blocked keys, near the end': '/messaging/keys/blocked?after=later-9-9.ordered',
    'refused events': '/messaging/refused-events',
    'refused events, 200 of them': '/messaging/refused-events?limit=200',
    outbox: '/messaging/outbox',
    streams: '/messaging/streams',
    consumers: '/messaging/consumers',
    counts: '/figures',
  };
}

async function timesOf(url: string): Promise<number[]> {
  const times: number[] = [];
  for (let turn = 0; turn < TIMES; turn++) {
    const beganAt = performance.now();
    const response = await fetch(url);
    const text = await response.text();
    if (!response.ok) throw new Error(`${url}: ${response.status} ${text}`);
    times.push(performance.now() - beganAt);
  }
  return times;
}

async function run(stage: Stage): Promise<Finding[]> {
  const world = await stage.world('lists');
  await fill(world);
  const httpPort = await freePort();
  const service = await stage.service(world, { httpPort });
  const findings: Finding[] = [];
  for (const [what, path] of Object.entries(await paths(world))) {
    const times = await timesOf(`http://127.0.0.1:${httpPort}${path}`);
    stage.say(`  ${what}: ${times.map((ms) => ms.toFixed(0)).join(' ')} ms`);
    // The first ones compile, and plan.
    findings.push(atMost(what, median(times), BOUND_MS, 'ms'));
  }
  await service.stop();
  return findings;
}

export const operatorsLists: Scenario = {
  name: 'lists',
  title: "Operators' lists over 300,000 dead letters, 400,000 deferred messages and 300,000 waiting events",
  run,
};
