import type { Endpoints } from './program-environment.ts';
import type { Stack } from './running-stack.ts';
import { StackError } from './stack-error.ts';
import { isServiceName, type PartName, type ServiceName, type StackPaths } from './stack-layout.ts';
import type { StackOptions } from './stack-options.ts';
import { describePart, type HeldPart, type StackPart } from './stack-parts.ts';
import { StackRecorder } from './stack-recorder.ts';
import { SupervisedProcess, type ProcessPlan } from './supervised-process.ts';

/** The parts that run, in the order of their start, and their end. */
export class EmbeddedStack implements Stack {
  readonly directory: string;
  readonly #options: StackOptions;
  readonly #unlock: () => void;
  readonly #recorder: StackRecorder;
  readonly #held: HeldPart[] = [];
  readonly #stopping = new AbortController();
  #endpoints: Endpoints | undefined;
  #stopped: Promise<void> | undefined;

  constructor(paths: StackPaths, options: StackOptions, unlock: () => void) {
    this.directory = paths.directory;
    this.#options = options;
    this.#unlock = unlock;
    this.#recorder = new StackRecorder(paths.state);
  }

  say(line: string): void {
    this.#options.onProgress?.(line);
  }

  /** Starts a part and resolves when it is ready. `place` is asked as soon as it has a process. */
  async start(name: PartName, plan: ProcessPlan, place: () => { url: string; log: string }): Promise<void> {
    const beganAt = Date.now();
    const process = new SupervisedProcess(plan, {
      changed: () => this.#record(),
      said: (line) => this.say(line),
    });
    const part: HeldPart = { name, place, process };
    this.#held.push(part);
    const signals = [
      this.#stopping.signal,
      ...(this.#options.signal === undefined ? [] : [this.#options.signal]),
    ];
    await process.start(AbortSignal.any(signals));
    const seconds = ((Date.now() - beganAt) / 1000).toFixed(1);
    this.say(`${plan.label.padEnd(16)} ${place().url.padEnd(28)} ready in ${seconds} s`);
  }

  reachedBy(endpoints: Endpoints): void {
    this.#endpoints = endpoints;
    this.#recorder.reachedBy(endpoints.databases);
    this.#record();
  }

  ready(): void {
    this.#recorder.enter('ready');
    this.#record();
  }

  parts(): StackPart[] {
    return this.#held.map(describePart);
  }

  services(name: ServiceName): StackPart[] {
    return this.parts().filter((part) => part.name === name);
  }

  part(label: string): StackPart {
    return describePart(this.#find(label));
  }

  databaseUrl(service: ServiceName): string {
    return this.#reached().databases[service];
  }

  get natsServers(): readonly string[] {
    return this.#reached().nats;
  }

  get smtpUrl(): string {
    return this.#reached().smtp;
  }

  get mailUrl(): string {
    return this.part('smtp').url;
  }

  get paymentProviderUrl(): string {
    return this.#reached().paymentProvider;
  }

  kill(label: string, signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#find(label).process.kill(signal);
  }

  async restart(label: string): Promise<void> {
    await this.#find(label).process.restart();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  async #stopAll(): Promise<void> {
    this.#recorder.enter('stopping');
    this.#stopping.abort();
    const held = [...this.#held].reverse();
    const services = held.filter(({ name }) => isServiceName(name));
    const servers = held.filter((part) => !services.includes(part));
    const failures: Error[] = [];
    // The services drain side by side; what they need stays until the last one has finished.
    // The nodes of a broker as well: the last ones would wait for those that have gone.
    const groups = [services, ...Map.groupBy(servers, ({ name }) => name).values()];
    for (const group of groups) {
      const ends = await Promise.allSettled(group.map((part) => part.process.stop()));
      for (const end of ends)
        if (end.status === 'rejected') failures.push(new Error(String(end.reason), { cause: end.reason }));
    }
    this.#recorder.close();
    this.#unlock();
    if (failures.length > 0) throw new AggregateError(failures, 'Parts of the stack did not end well.');
  }

  #find(label: string): HeldPart {
    const found = this.#held.find((part) => part.process.label === label);
    if (found !== undefined) return found;
    const known = this.#held.map((part) => part.process.label).join(', ');
    throw new StackError({
      code: 'unknown_part',
      message: `There is no part "${label}".`,
      remedy: `There are: ${known}.`,
    });
  }

  #reached(): Endpoints {
    if (this.#endpoints !== undefined) return this.#endpoints;
    throw new Error('the endpoints of a stack are known once startStack has resolved');
  }

  #record(): void {
    this.#recorder.record(this.parts());
  }
}
