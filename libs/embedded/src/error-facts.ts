// Not `instanceof Error`: under Jest, errors of Node.js itself come from outside the realm of the code that asks.

/** Whether it is an error of the system with this code, e.g. ENOENT. */
export function hasCode(error: unknown, code: string): boolean {
  return Error.isError(error) && 'code' in error && error.code === code;
}

/** One line for a list of reasons. `fetch` says only "fetch failed"; what failed is in the cause. */
export function reasonOf(error: unknown): string {
  if (!Error.isError(error)) return String(error);
  return Error.isError(error.cause) ? `${error.message} (${error.cause.message})` : error.message;
}
