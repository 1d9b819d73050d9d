import { listAt, textAt } from '../k8s/manifest.ts';
import { type CommandOptions, runCommand } from '../process/run-command.ts';
import type { ClusterContext } from './context.ts';

/** kubectl for one context and namespace. */
export class Kubectl {
  readonly #context: string;
  readonly namespace: string;

  constructor(context: string, namespace: string) {
    this.#context = context;
    this.namespace = namespace;
  }

  /** The whole command line, for a program that stays. */
  arguments(...args: string[]): string[] {
    return ['--context', this.#context, '--namespace', this.namespace, ...args];
  }

  /** Resolves with standard output. */
  async run(args: readonly string[], options: CommandOptions = {}): Promise<string> {
    return await runCommand('kubectl', this.arguments(...args), options);
  }

  async json(...args: string[]): Promise<unknown> {
    return JSON.parse(await this.run([...args, '-o', 'json']));
  }

  /** Pods of an app, those that end left out, the oldest first. */
  async pods(app: string): Promise<string[]> {
    const found = await this.json(
      ...['get', 'pods', '-l', `app.kubernetes.io/name=${app}`],
      ...['--sort-by', '.metadata.creationTimestamp'],
    );
    return listAt(found, 'items')
      .filter((pod) => textAt(pod, 'metadata.deletionTimestamp') === '')
      .map((pod) => textAt(pod, 'metadata.name'));
  }

  async pod(app: string): Promise<string> {
    const [first] = await this.pods(app);
    if (first === undefined) throw new Error(`there is no pod of ${app}`);
    return first;
  }

  /** Runs a program in a pod. */
  async exec(pod: string, command: readonly string[], options: CommandOptions = {}): Promise<string> {
    return await this.run(['exec', '-i', pod, '--', ...command], options);
  }

  /** Resolves when a condition holds. */
  async wait(what: readonly string[], condition: string, seconds = 300): Promise<void> {
    const limit = `--timeout=${String(seconds)}s`;
    await this.run(['wait', ...what, `--for=${condition}`, limit], { timeoutMs: (seconds + 30) * 1_000 });
  }

  /** Resolves when every pod of every workload is there in its newest form, and ready. */
  async untilRolledOut(seconds = 300): Promise<void> {
    const workloads = await this.run(['get', 'statefulsets,deployments', '-o', 'name']);
    for (const workload of workloads.split('\n').filter(Boolean)) {
      await this.run(['rollout', 'status', workload, `--timeout=${String(seconds)}s`], {
        timeoutMs: (seconds + 30) * 1_000,
      });
    }
  }
}

/** The context that the kubeconfig names, or the one that is asked for. */
export async function contextOf(name?: string): Promise<ClusterContext> {
  const chosen = name === undefined ? [] : ['--context', name];
  const view: unknown = JSON.parse(
    await runCommand('kubectl', ['config', 'view', '--minify', '-o', 'json', ...chosen]),
  );
  const found = textAt(view, 'contexts.0.name') || textAt(view, 'current-context');
  return { name: found, server: textAt(view, 'clusters.0.cluster.server') };
}
