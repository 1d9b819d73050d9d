import { at, listAt, textAt } from './manifest.ts';
import { containersOf } from './pod.ts';
import type { Rule, Subject } from './rule.ts';

/** Path and the value that it must have. */
const ofContainers: readonly [string, string][] = [
  ['securityContext.readOnlyRootFilesystem', 'true'],
  ['securityContext.allowPrivilegeEscalation', 'false'],
];
const ofPods: readonly [string, string][] = [
  ['securityContext.runAsNonRoot', 'true'],
  ['securityContext.seccompProfile.type', 'RuntimeDefault'],
  ['automountServiceAccountToken', 'false'],
];

function unlike(value: unknown, wanted: readonly [string, string][]): string[] {
  return wanted.flatMap(([path, text]) =>
    String(at(value, path)) === text ? [] : [`${path} is not ${text}`],
  );
}

function securityViolations({ manifests }: Subject): string[] {
  return containersOf(manifests).flatMap(({ where, container, pod }) => {
    const dropped = listAt(container, 'securityContext.capabilities.drop');
    return [
      ...unlike(container, ofContainers),
      ...unlike(pod, ofPods),
      ...(dropped.includes('ALL') ? [] : ['securityContext.capabilities.drop is not ALL']),
      ...(textAt(container, 'resources.requests.memory') === '' ? ['it requests no memory'] : []),
      ...(textAt(container, 'resources.limits.memory') === '' ? ['its memory has no limit'] : []),
    ].map((what) => `${where}: ${what}`);
  });
}

export const securityRules: readonly Rule[] = [
  { name: 'every container runs with as little as it needs', find: securityViolations },
];
