import { docker } from './docker.ts';

/** The node that leads a stream, asked of a node's monitoring port from inside its container. */
export async function streamLeader(anyNode: string, stream: string): Promise<string> {
  const url = 'http://127.0.0.1:8222/jsz?streams=true&config=false';
  const text = await docker(['exec', anyNode, 'wget', '-q', '-O', '-', url]);
  const leader = findLeader(JSON.parse(text), stream);
  if (leader === undefined) throw new Error(`${anyNode} knows no leader of ${stream}`);
  return leader;
}

/** `account_details[].stream_detail[]` of nats-server's /jsz, wherever it is. */
export function findLeader(report: unknown, stream: string): string | undefined {
  if (typeof report !== 'object' || report === null) return undefined;
  if (Reflect.get(report, 'name') === stream) {
    const leader: unknown = Reflect.get(Reflect.get(report, 'cluster') ?? {}, 'leader');
    return typeof leader === 'string' ? leader : undefined;
  }
  for (const child of Object.values(report)) {
    const found = findLeader(child, stream);
    if (found !== undefined) return found;
  }
  return undefined;
}
