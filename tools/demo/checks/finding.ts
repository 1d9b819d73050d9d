import type { SystemView } from './system-view.ts';

export interface Finding {
  /** How many things were judged: none violated among none looked at proves nothing. */
  lookedAt: number;
  /** One sentence each, with ids. */
  violations: string[];
}

/** One promise, and the function that finds where it was not kept. */
export interface Check {
  promise: string;
  find: (view: SystemView) => Finding;
}

/** Judges each item by itself. The judge returns what is wrong with it, if anything. */
export function judgeEach<Item>(
  items: readonly Item[],
  judge: (item: Item) => string | readonly string[] | undefined,
): Finding {
  return { lookedAt: items.length, violations: items.flatMap((item) => judge(item) ?? []) };
}

export function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** What `wanted` has more of than `found`, and the other way round, with repetitions. */
export function difference(
  wanted: readonly string[],
  found: readonly string[],
): { missing: string[]; surplus: string[] } {
  const missing = [...wanted];
  const surplus: string[] = [];
  for (const item of found) {
    const at = missing.indexOf(item);
    if (at === -1) surplus.push(item);
    else missing.splice(at, 1);
  }
  return { missing, surplus };
}

/** A message that was published again under its id, after the broker had forgotten the first time, is still one fact. */
export function distinctMessages(view: SystemView): SystemView['messages'] {
  return [
    ...new Map(view.messages.map((message) => [`${message.stream} ${message.messageId}`, message])).values(),
  ];
}
