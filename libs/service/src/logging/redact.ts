const SECRET_FIELD = /authorization|cookie|password|passphrase|secret|token|e-?mail|credential/i;
const REDACTED = '[redacted]';
const MAX_DEPTH = 6;

/** Takes e-mail addresses, bearer tokens, example tokens and the user part of addresses out of a text. */
export function redactText(text: string): string {
  return text
    .replace(/\b(bearer|basic)\s+[\w.~+/=-]+/gi, `$1 ${REDACTED}`)
    .replace(/:\/\/[^/\s@"']*@/g, `://${REDACTED}@`)
    .replace(/\btok_\w+/g, REDACTED)
    .replace(/[\w.+-]{1,64}@[\w-]{1,63}(\.[\w-]{1,63})+/g, REDACTED);
}

/** A copy for the log: fields that are named like secrets are left out, every text passes `redactText`. */
export function redactFields(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Error) return errorFields(value, depth);
  if (value instanceof Date) return value;
  if (depth >= MAX_DEPTH) return '[deeper]';
  if (Array.isArray(value)) return value.map((item) => redactFields(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      SECRET_FIELD.test(name) ? REDACTED : redactFields(member, depth + 1),
    ]),
  );
}

// The members of a driver's error are left out on purpose: they hold rows, parameters and addresses.
function errorFields(error: Error, depth: number): Record<string, unknown> {
  return {
    type: error.name,
    message: redactText(error.message),
    ...('code' in error && { code: redactFields(error.code, depth + 1) }),
    ...(error.stack !== undefined && { stack: redactText(error.stack) }),
    ...(error.cause !== undefined && depth < MAX_DEPTH && { cause: redactFields(error.cause, depth + 1) }),
  };
}
