interface Nested {
  readonly value: unknown;
  readonly depth: number;
}

/** Without recursion, which a value that nests deep enough would end. A value that holds itself is deeper than anything. */
export function isDeeperThan(root: unknown, maxDepth: number): boolean {
  const open: Nested[] = [{ value: root, depth: 1 }];
  for (let nested = open.pop(); nested !== undefined; nested = open.pop()) {
    const { value, depth } = nested;
    if (typeof value !== 'object' || value === null) continue;
    if (depth > maxDepth) return true;
    for (const member of Object.values(value)) {
      if (typeof member === 'object') open.push({ value: member, depth: depth + 1 });
    }
  }
  return false;
}

/**
 * Fields of a value that class-transformer left out of the instance it made, and that the whitelist therefore never saw:
 * those named like an inherited member (`__proto__`, `constructor`, `toString`, a method of the class).
 *
 * @param value not deeper than the stack allows
 */
export function skippedFields(
  value: unknown,
  instance: unknown,
  parent = '',
): { path: string; message: string }[] {
  if (typeof value !== 'object' || value === null || typeof instance !== 'object' || instance === null)
    return [];
  return Object.keys(value).flatMap((name) => {
    const path = parent === '' ? name : `${parent}.${name}`;
    if (!Object.hasOwn(instance, name) && name in instance)
      return [{ path, message: `property ${name} should not exist` }];
    return skippedFields(memberOf(value, name), memberOf(instance, name), path);
  });
}

function memberOf(owner: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(owner, name)?.value;
}
