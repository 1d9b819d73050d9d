/** A signal that is aborted after a time, as by `AbortSignal.timeout`, or with another one. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** What had to be done in time is done: without this the timer would run on, and keep what waits for the signal. */
  readonly clear: () => void;
}

/** @param afterMs 2^31 - 1 at most */
export function deadline(afterMs: number, stop: AbortSignal): Deadline {
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort(new DOMException(`The deadline of ${String(afterMs)} ms is over.`, 'TimeoutError'));
  }, afterMs);
  return { signal: AbortSignal.any([late.signal, stop]), clear: () => clearTimeout(timer) };
}
