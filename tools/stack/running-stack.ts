import type { ServiceName } from './stack-layout.ts';
import type { StackPart } from './stack-parts.ts';

/** A stack that runs and is supervised until `stop`. Labels are those of `stack.json`: `payment`, `payment-2`. */
export interface Stack {
  readonly directory: string;
  /** In the order of their start. */
  parts(): StackPart[];
  services(name: ServiceName): StackPart[];
  /** One part as it is now: its pid changes at a restart, its URL does not. */
  part(label: string): StackPart;
  /** With the service's own login. */
  databaseUrl(service: ServiceName): string;
  /** One, or three of a cluster. */
  readonly natsServers: readonly string[];
  readonly smtpUrl: string;
  /** HTTP view of what the SMTP sink has received. */
  readonly mailUrl: string;
  readonly paymentProviderUrl: string;
  /** Sends a signal, SIGKILL by default. The supervisor starts the part again unless the stack is stopped. */
  kill(label: string, signal?: NodeJS.Signals): void;
  /** Ends a part politely and resolves when its next process is ready. */
  restart(label: string): Promise<void>;
  /** Ends everything in reverse order, services drained, and resolves when no process is left. May be called twice. */
  stop(): Promise<void>;
}
