import type { GivenPorts } from './ports.ts';
import type { ServiceName } from './stack-layout.ts';

export const natsNodeCounts = [1, 3] as const;
export type NatsNodeCount = (typeof natsNodeCounts)[number];

export interface StackOptions {
  /** Holds data, logs and `stack.json`. */
  directory: string;
  /** Wipes what an earlier run has left there. Default false. */
  fresh?: boolean;
  /** Instances of a service; one of each by default. */
  scale?: Partial<Record<ServiceName, number>>;
  /** nats-servers: one, or a cluster of three with three copies of each stream. Default 1. */
  natsNodes?: NatsNodeCount;
  /** Loopback ports of first instances; free ones by default. */
  ports?: GivenPorts;
  /** Environment variables of a program, over those that the stack gives it. */
  environment?: Partial<Record<ServiceName | 'payment-sandbox', Record<string, string>>>;
  /** One line for each thing that happens: started, died, restarted, stopped. */
  onProgress?: (line: string) => void;
  /** Ends a start that is under way: `startStack` then stops what runs and rejects. */
  signal?: AbortSignal;
}
