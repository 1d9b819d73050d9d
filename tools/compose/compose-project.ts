import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { workspaceRoot } from '../stack/stack-layout.ts';
import { docker } from './docker.ts';

const lookMs = 500;
const buildMs = 1_200_000;
const upMs = 300_000;

const passwords = ['POSTGRES', 'ORDER_DB', 'PAYMENT_DB', 'INVENTORY_DB', 'NOTIFICATION_DB'];
/** Empty: Docker chooses free ones, so that a stack that already runs here is not in the way. */
const ports = [
  'ORDER_PORTS',
  'PAYMENT_PORTS',
  'INVENTORY_PORTS',
  'NOTIFICATION_PORTS',
  'MAILPIT_PORT',
  'PROMETHEUS_PORT',
];

/** docker-compose.yml under a project name of its own, with new passwords and free ports. */
export class ComposeProject {
  readonly name: string;
  readonly #folder: string;

  private constructor(name: string, folder: string) {
    this.name = name;
    this.#folder = folder;
  }

  static async prepare(name: string): Promise<ComposeProject> {
    const folder = await mkdtemp(path.join(tmpdir(), 'orderflow-compose-'));
    const lines = [
      ...passwords.map((owner) => `${owner}_PASSWORD=${randomBytes(12).toString('hex')}`),
      ...ports.map((variable) => `${variable}=`),
    ];
    await writeFile(path.join(folder, 'env'), `${lines.join('\n')}\n`, { mode: 0o600 });
    return new ComposeProject(name, folder);
  }

  /** For `docker`: the project's files and the command. */
  arguments(...command: string[]): string[] {
    const env = path.join(this.#folder, 'env');
    const file = path.join(workspaceRoot, 'docker-compose.yml');
    return ['compose', '--project-name', this.name, '--env-file', env, '--file', file, ...command];
  }

  build(): Promise<string> {
    return docker(this.arguments('--profile', 'demo', 'build'), buildMs);
  }

  up(...options: string[]): Promise<string> {
    return docker(this.arguments('up', '--wait', '--no-build', ...options), upMs);
  }

  /** Everything with this project's name: containers, networks and data. Also what an earlier run has left. */
  async down(): Promise<void> {
    const all = ['--profile', '*', 'down', '--volumes', '--remove-orphans', '--timeout', '5'];
    await docker(this.arguments(...all), upMs);
  }

  async forget(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  logs(): Promise<string> {
    return docker(this.arguments('logs', '--no-color', '--timestamps'));
  }

  /** Names of the containers of a service, stopped ones included, the first instance first. */
  async containers(service?: string): Promise<string[]> {
    const names = await docker(
      this.arguments('ps', '--all', '--format', '{{.Name}}', ...(service === undefined ? [] : [service])),
    );
    return names.split('\n').filter(Boolean).sort();
  }

  /** Resolves when every container is healthy. */
  async untilHealthy(deadlineMs: number): Promise<void> {
    const deadline = Date.now() + deadlineMs;
    for (;;) {
      const ill = await this.#ill();
      if (ill.length === 0) return;
      if (Date.now() > deadline)
        throw new Error(`not healthy again after ${deadlineMs / 1000} s: ${ill.join(', ')}`);
      await delay(lookMs);
    }
  }

  async #ill(): Promise<string[]> {
    const names = (await this.containers()).filter((name) => !/-(?:demo|load)-/.test(name));
    const format = '{{.Name}} {{if .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}}{{end}}';
    const states = await docker(['inspect', '--format', format, ...names]);
    return states
      .split('\n')
      .filter((line) => line !== '' && !line.endsWith(' healthy'))
      .map((line) => line.replace('/', ''));
  }
}
