/**
 * What the benchmark and a part (one process of a contestant) say to each other over Node's IPC channel:
 *
 *   start -> ready, then any number of (go -> done), then stop; instead of an answer `failed` may come at any time.
 */
export type ToPart = StartOrder | GoOrder | { readonly type: 'stop' };

export interface StartOrder {
  readonly type: 'start';
  /** URL of the module; it exports a `PartModule` as `part`. */
  readonly module: string;
  readonly options: object;
}

export interface GoOrder {
  readonly type: 'go';
  readonly run: Run;
}

/** One piece of work. What it means is the module's: to go on for a time, or until so many are done. */
export interface Run {
  readonly ms?: number;
  readonly count?: number;
}

export type FromPart =
  | { readonly type: 'ready' }
  | ({ readonly type: 'done' } & Done)
  | { readonly type: 'failed'; readonly error: string };

export interface Done {
  /** Things done, from the first to the last of `ms`. */
  readonly count: number;
  readonly ms: number;
  /** One for each thing, in milliseconds, where the workload is about latency. */
  readonly latencies?: Float64Array;
  /** Time of day of the first thing in each partition, where the workload asks for it; NaN where there was none. */
  readonly firstAt?: Float64Array;
  /** CPU time of this process meanwhile; added by the runner, for all of `go`, unless the part has measured it. */
  readonly cpuMs?: number;
}

/** Exported as `part` by a module that is run as a process of its own. */
export interface PartModule<Options extends object> {
  /** Connects and makes what is needed; timed is only what `go` does. */
  start(options: Options): Promise<RunningPart>;
}

export interface RunningPart {
  go(run: Run): Promise<Done>;
  stop(): Promise<void>;
}

/** So that a module's `part` is checked where it is written. */
export function definePart<Options extends object>(module: PartModule<Options>): PartModule<Options> {
  return module;
}
