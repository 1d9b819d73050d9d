import { listAt, nameOf, textAt } from './manifest.ts';
import { containersOf, environmentOf } from './pod.ts';
import type { Rule, Subject } from './rule.ts';

function unknownSettings({ manifests, facts }: Subject): string[] {
  return containersOf(manifests).flatMap(({ where, app, container }) => {
    const reads = facts.apps.get(app ?? '')?.reads;
    if (reads === undefined) return [];
    const set = [...environmentOf(manifests, container).keys()];
    return set
      .filter((name) => !reads.has(name))
      .map((name) => `${where} sets ${name}, which the configuration of ${app ?? ''} does not read`);
  });
}

function missingSettings({ manifests, facts }: Subject): string[] {
  return containersOf(manifests).flatMap(({ where, app, container }) => {
    const requires = facts.apps.get(app ?? '')?.requires ?? new Set<string>();
    const set = environmentOf(manifests, container);
    return [...requires]
      .filter((name) => !set.has(name) && !facts.imageEnvironment.has(name))
      .map((name) => `${where} does not set ${name}, which ${app ?? ''} requires`);
  });
}

function imageViolations({ manifests, facts }: Subject): string[] {
  return containersOf(manifests).flatMap(({ where, image, app }) => {
    if (app !== undefined && !facts.apps.has(app)) return [`${where}: there is no app ${app} for ${image}`];
    const tag = image.slice(image.lastIndexOf('/') + 1).split(/[:@]/)[1] ?? 'latest';
    return tag === 'latest' ? [`${where}: ${image} may be another one tomorrow`] : [];
  });
}

/** A ConfigMap or Secret that is not there keeps a pod from starting. */
function missingReferences({ manifests, externalSecrets }: Subject): string[] {
  const known = new Set([...manifests.map(nameOf), ...externalSecrets.map((name) => `Secret/${name}`)]);
  return containersOf(manifests).flatMap(({ where, pod, container }) => {
    const sources = [...listAt(container, 'envFrom'), ...listAt(container, 'env')];
    const wanted = sources.flatMap((source) => [
      `ConfigMap/${textAt(source, 'configMapRef.name') || textAt(source, 'valueFrom.configMapKeyRef.name')}`,
      `Secret/${textAt(source, 'secretRef.name') || textAt(source, 'valueFrom.secretKeyRef.name')}`,
    ]);
    const mounted = listAt(pod, 'volumes').flatMap((volume) => [
      `ConfigMap/${textAt(volume, 'configMap.name')}`,
      `Secret/${textAt(volume, 'secret.secretName')}`,
    ]);
    const account = `ServiceAccount/${textAt(pod, 'serviceAccountName')}`;
    return [...wanted, ...mounted, account]
      .filter((name) => !name.endsWith('/') && !known.has(name))
      .map((name) => `${where} needs ${name}, which is not there`);
  });
}

export const settingRules: readonly Rule[] = [
  { name: 'every variable that is set is read by the app', find: unknownSettings },
  { name: 'every variable that the app requires is set', find: missingSettings },
  { name: 'every image is one of this workspace or pinned', find: imageViolations },
  { name: 'every ConfigMap, Secret and ServiceAccount that is named is there', find: missingReferences },
];
