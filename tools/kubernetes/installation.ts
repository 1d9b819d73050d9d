import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { type Manifest, mapAt, parseManifests } from '../k8s/manifest.ts';
import { containersOf } from '../k8s/pod.ts';
import { CommandError, runCommand } from '../process/run-command.ts';
import { workspaceRoot } from '../stack/stack-layout.ts';
import type { Kubectl } from './kubectl.ts';

export type TestedOverlay = 'local' | 'cluster';

/** Label of everything that the test makes. Its value is the test's namespace. */
export const TEST_LABEL = 'orderflow.example/test';

const deleteMs = 300_000;

/**
 * An overlay in a namespace of its own, with the demo and the toolbox. Processes of a pod see each other here, so that one can
 * be killed by a signal: process 1 of a container takes none from inside.
 */
export class Installation {
  readonly #kubectl: Kubectl;
  readonly #overlay: TestedOverlay;
  readonly #folder: string;

  constructor(kubectl: Kubectl, overlay: TestedOverlay) {
    this.#kubectl = kubectl;
    this.#overlay = overlay;
    this.#folder = path.join(workspaceRoot, '.orderflow', `kubernetes-${kubectl.namespace}`);
  }

  /** Every image that its pods need. */
  async images(): Promise<string[]> {
    const images = containersOf(await this.#manifests()).map(({ image }) => image);
    return [...new Set(images)].sort();
  }

  /** A priority class is the cluster's: one that is there already, of another installation, stays as it is. */
  async apply(): Promise<void> {
    const classes = await this.#kubectl.run(['get', 'priorityclasses', '-o', 'name']);
    const there = new Set(classes.split('\n').map((name) => name.split('/')[1]));
    const own = (await this.#manifests()).filter(
      ({ kind, metadata }) => kind !== 'PriorityClass' || !there.has(metadata.name),
    );
    const input = own.map((manifest) => stringify(manifest)).join('---\n');
    await this.#kubectl.run(['apply', '--filename', '-'], { input });
  }

  /** Rejects when the API server would refuse something. It changes nothing. */
  async dryRun(overlay: string): Promise<void> {
    const input = await this.#render(overlay, false);
    await this.#kubectl.run(['apply', '--dry-run=server', '--filename', '-'], { input });
  }

  /** @throws when the namespace is there, and no test has made it */
  async refuseForeign(): Promise<void> {
    const { namespace } = this.#kubectl;
    const found = await this.#namespace();
    if (found === undefined || mapAt(found, 'metadata.labels').get(TEST_LABEL) === namespace) return;
    throw new Error(`the namespace ${namespace} is there, and no test has made it: the test would remove it`);
  }

  /** Removes everything that has the test's label, also what an interrupted test has left. */
  async remove(): Promise<void> {
    const selector = ['--selector', `${TEST_LABEL}=${this.#kubectl.namespace}`];
    await this.#kubectl.run(['delete', 'namespaces,priorityclasses', ...selector, '--ignore-not-found'], {
      timeoutMs: deleteMs,
    });
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #namespace(): Promise<unknown> {
    try {
      return await this.#kubectl.json('get', 'namespace', this.#kubectl.namespace);
    } catch (error) {
      if (error instanceof CommandError && error.output.includes('NotFound')) return undefined;
      throw error;
    }
  }

  async #manifests(): Promise<Manifest[]> {
    return parseManifests(await this.#render(this.#overlay, true));
  }

  async #render(overlay: string, whole: boolean): Promise<string> {
    await mkdir(this.#folder, { recursive: true });
    const inside = (...parts: string[]): string =>
      path.relative(this.#folder, path.join(workspaceRoot, ...parts));
    const { namespace } = this.#kubectl;
    const kustomization = {
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      namespace,
      resources: [
        inside('k8s', 'overlays', overlay),
        ...(whole ? [inside('tools', 'kubernetes', 'manifests')] : []),
      ],
      components: whole ? [inside('k8s', 'components', 'demo')] : [],
      labels: [{ pairs: { [TEST_LABEL]: namespace }, includeTemplates: true }],
      patches: ['Deployment', 'StatefulSet'].map((kind) => ({
        target: { kind },
        patch: '- { op: add, path: /spec/template/spec/shareProcessNamespace, value: true }',
      })),
    };
    await writeFile(path.join(this.#folder, 'kustomization.yaml'), stringify(kustomization));
    return await runCommand('kubectl', ['kustomize', this.#folder]);
  }
}
