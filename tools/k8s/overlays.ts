import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { workspaceRoot } from '../stack/stack-layout.ts';

export interface Overlay {
  name: 'local' | 'cluster' | 'demo' | 'production' | 'production-small';
  /** Made by the operator before the first apply: docs/kubernetes.md. */
  externalSecrets: readonly string[];
}

const externalSecrets: readonly string[] = [
  'order-database',
  'payment-database',
  'inventory-database',
  'notification-database',
  'notification-smtp',
];

export const overlays: readonly Overlay[] = [
  { name: 'local', externalSecrets: [] },
  { name: 'cluster', externalSecrets: [] },
  { name: 'demo', externalSecrets: [] },
  { name: 'production', externalSecrets },
  { name: 'production-small', externalSecrets },
];

/** As it was rendered last: kept, so that the rules are checked on machines without kubectl too. */
export const renderedFile = (overlay: Overlay): string =>
  path.join(import.meta.dirname, 'rendered', `${overlay.name}.yaml`);

export const rendered = (overlay: Overlay): string => readFileSync(renderedFile(overlay), 'utf8');

/** Renders an overlay anew. Throws where kubectl is missing or too old to. */
export function render(overlay: Overlay): string {
  const folder = path.join(workspaceRoot, 'k8s', 'overlays', overlay.name);
  return execFileSync('kubectl', ['kustomize', folder], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Kustomize 5, which the manifests are written for, came with kubectl 1.27. */
const leastMinor = 27;

/** Why nothing can be rendered here, or undefined when it can. */
export function whyNoKubectl(): string | undefined {
  try {
    const options = ['version', '--client', '--output=json'];
    const output = execFileSync('kubectl', options, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const minor = Number(/"minor":\s*"(\d+)/.exec(output)?.[1]);
    return minor >= leastMinor ? undefined : `kubectl here is older than 1.${leastMinor}`;
  } catch {
    return 'there is no kubectl here'; // Not found, or not executable: the same to the reader.
  }
}
