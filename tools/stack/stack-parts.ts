import type { PartName } from './stack-layout.ts';
import type { SupervisedProcess } from './supervised-process.ts';

/** One process of a running stack. */
export interface StackPart {
  name: PartName;
  /** The name, or name-2, name-3 ... for further instances. */
  label: string;
  url: string;
  /** Undefined while it is dead and waits for its restart. */
  pid: number | undefined;
  log: string;
}

/** A part as the stack holds it. */
export interface HeldPart {
  name: PartName;
  /** Asked each time: a server that chooses its port has none before it runs. */
  place: () => { url: string; log: string };
  process: SupervisedProcess;
}

export function describePart({ name, place, process }: HeldPart): StackPart {
  return { name, label: process.label, pid: process.pid, ...place() };
}
