import { readFile } from 'node:fs/promises';
import type { NatsNode } from './cluster.test-support.ts';

/** `[9322] 2026/11/25 01:11:18.464973 [INF] JetStream cluster new stream leader for '$G > COUNTS'`, in local time. */
const ELECTED =
  /(\d{4})\/(\d\d)\/(\d\d) (\d\d:\d\d:\d\d\.\d{3})\d* \[INF\] JetStream cluster new (stream|consumer) leader/g;

/** When the last leader of a stream or consumer was elected in this time, by the logs; `since` if none was. */
export async function lastElection(nodes: readonly NatsNode[], since: Date, until: Date): Promise<Date> {
  const logs = await Promise.all(nodes.map((node) => readFile(node.logFile, 'utf8')));
  const elections = logs.flatMap((log) =>
    [...log.matchAll(ELECTED)].map(([, year, month, day, time]) =>
      Date.parse(`${year}-${month}-${day}T${time}`),
    ),
  );
  const within = elections.filter((at) => at > since.getTime() && at < until.getTime());
  return new Date(Math.max(since.getTime(), ...within));
}
