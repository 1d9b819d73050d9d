import { processIdentity } from '../setup/pid-lock.mjs';
import type { ExitReport, RunningProcess } from './child-process.ts';
import type { ProcessPlan } from './supervised-process.ts';

/** What the launchers of PostgreSQL and nats-server have in common. */
export interface EmbeddedServer {
  readonly pid: number;
  stop(): Promise<void>;
  kill(signal?: NodeJS.Signals): Promise<void>;
  restart(): Promise<void>;
}

const lookMs = 100;

/** An embedded server that its launcher keeps: the same port and data after each restart. */
export function planServer(label: string, launcher: () => Promise<EmbeddedServer>): ProcessPlan {
  let server: EmbeddedServer | undefined;
  return {
    label,
    async launch(started, signal) {
      signal.throwIfAborted();
      if (server === undefined) server = await launcher();
      else await server.restart();
      started(new WatchedServer(server));
      signal.throwIfAborted();
    },
  };
}

/** The launcher tells no end of its process, so it is looked for: `processIdentity` is one small read of /proc. */
class WatchedServer implements RunningProcess {
  readonly pid: number;
  readonly exited: Promise<ExitReport>;
  readonly #server: EmbeddedServer;
  readonly #identity: string | undefined;
  readonly #look: NodeJS.Timeout;
  readonly #tellExit: (report: ExitReport) => void;

  constructor(server: EmbeddedServer) {
    this.#server = server;
    this.pid = server.pid;
    this.#identity = processIdentity(server.pid);
    const { promise, resolve } = Promise.withResolvers<ExitReport>();
    this.exited = promise;
    this.#tellExit = resolve;
    this.#look = setInterval(() => this.#isRunning() || this.#end(), lookMs).unref();
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#isRunning()) process.kill(this.pid, signal);
  }

  async stop(): Promise<boolean> {
    await this.#server.stop();
    this.#end();
    return true;
  }

  #isRunning(): boolean {
    return this.#identity !== undefined && processIdentity(this.pid) === this.#identity;
  }

  #end(): void {
    clearInterval(this.#look);
    this.#tellExit({ code: null, signal: null });
  }
}
