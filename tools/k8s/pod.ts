import { at, listAt, type Manifest, mapAt, nameOf, textAt } from './manifest.ts';

/** A container of a Deployment, StatefulSet or Job, with what the rules ask of its pod. */
export interface Container {
  /** `Deployment/order, container service`. */
  where: string;
  workload: Manifest;
  /** The whole container, and its pod's spec. */
  container: unknown;
  pod: unknown;
  image: string;
  /** The app of this workspace that the image is made of. */
  app: string | undefined;
}

/** What runs on and on: it has a selector, probes and a way to stop. */
export const lastingKinds: readonly string[] = ['Deployment', 'StatefulSet'];
export const workloadKinds: readonly string[] = [...lastingKinds, 'Job'];

/** `orderflow/tools` is made of no app. */
const appImage = /(?:^|\/)orderflow\/(?!tools\b)([a-z-]+)(?::|@|$)/;

export function containersOf(manifests: readonly Manifest[]): Container[] {
  return manifests
    .filter(({ kind }) => workloadKinds.includes(kind))
    .flatMap((workload) => {
      const pod = at(workload, 'spec.template.spec');
      return [...listAt(pod, 'initContainers'), ...listAt(pod, 'containers')].map((container) => {
        const image = textAt(container, 'image');
        const where = `${nameOf(workload)}, container ${textAt(container, 'name')}`;
        return { where, workload, container, pod, image, app: appImage.exec(image)?.[1] };
      });
    });
}

export const podLabels = (workload: Manifest): Map<string, string> =>
  mapAt(workload, 'spec.template.metadata.labels');

/** Whether a selector's labels are all among the pod's. An empty selector selects everything. */
export function selects(selector: ReadonlyMap<string, string>, labels: ReadonlyMap<string, string>): boolean {
  return [...selector].every(([key, value]) => labels.get(key) === value);
}

export function selectedBy(
  manifests: readonly Manifest[],
  selector: ReadonlyMap<string, string>,
): Container[] {
  return containersOf(manifests).filter(({ workload }) => selects(selector, podLabels(workload)));
}

/** A port given by name or number, as a number. */
export function portOf(container: unknown, port: string): number | undefined {
  const found = listAt(container, 'ports').find(
    (each) => textAt(each, 'name') === port || textAt(each, 'containerPort') === port,
  );
  return found === undefined ? undefined : Number(textAt(found, 'containerPort'));
}

/** Variables that the manifest sets: of ConfigMaps their value, undefined where it comes from elsewhere. */
export function environmentOf(
  manifests: readonly Manifest[],
  container: unknown,
): Map<string, string | undefined> {
  const fromMaps = listAt(container, 'envFrom').flatMap((source) => {
    const name = textAt(source, 'configMapRef.name');
    const map = manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name);
    return [...mapAt(map, 'data')];
  });
  const own = listAt(container, 'env').map((each): [string, string | undefined] => [
    textAt(each, 'name'),
    at(each, 'value') === undefined ? undefined : textAt(each, 'value'),
  ]);
  return new Map<string, string | undefined>([...fromMaps, ...own]);
}
