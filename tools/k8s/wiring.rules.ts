import { at, listAt, type Manifest, mapAt, nameOf, textAt } from './manifest.ts';
import { containersOf, environmentOf, lastingKinds, podLabels, portOf, selectedBy, selects } from './pod.ts';
import type { Rule, Subject } from './rule.ts';

const ofKind = (manifests: readonly Manifest[], kind: string): Manifest[] =>
  manifests.filter((each) => each.kind === kind);

function ownSelectors({ manifests }: Subject): string[] {
  return manifests
    .filter(({ kind }) => lastingKinds.includes(kind))
    .filter((workload) => !selects(mapAt(workload, 'spec.selector.matchLabels'), podLabels(workload)))
    .map((workload) => `${nameOf(workload)} does not select its own pods`);
}

/** What selects nothing has no effect, and nobody notices. */
function idleSelectors({ manifests }: Subject): string[] {
  const selectors = manifests.flatMap((manifest) => {
    const path = { Service: 'spec.selector', PodDisruptionBudget: 'spec.selector.matchLabels' }[
      manifest.kind
    ];
    if (path !== undefined) return [{ manifest, selector: mapAt(manifest, path) }];
    if (manifest.kind !== 'NetworkPolicy') return [];
    const peers = ['ingress', 'egress'].flatMap((direction) =>
      listAt(manifest, `spec.${direction}`).flatMap((rule) =>
        listAt(rule, direction === 'ingress' ? 'from' : 'to'),
      ),
    );
    const inside = peers.filter(
      (peer) => at(peer, 'podSelector') !== undefined && at(peer, 'namespaceSelector') === undefined,
    );
    return [at(manifest, 'spec'), ...inside].map((each) => ({
      manifest,
      selector: mapAt(each, 'podSelector.matchLabels'),
    }));
  });
  return selectors
    .filter(({ selector }) => selectedBy(manifests, selector).length === 0)
    .map(
      ({ manifest, selector }) =>
        `${nameOf(manifest)} selects ${[...selector].join(' ')}, which no pod here has`,
    );
}

function scaledTargets({ manifests }: Subject): string[] {
  const names = new Set(manifests.map(nameOf));
  return ofKind(manifests, 'HorizontalPodAutoscaler').flatMap((scaler) => {
    const target = `${textAt(scaler, 'spec.scaleTargetRef.kind')}/${textAt(scaler, 'spec.scaleTargetRef.name')}`;
    const workload = manifests.find((each) => nameOf(each) === target);
    if (!names.has(target)) return [`${nameOf(scaler)} scales ${target}, which is not there`];
    return at(workload, 'spec.replicas') === undefined
      ? []
      : [`${target} sets replicas, and so does ${nameOf(scaler)}`];
  });
}

function servicePorts({ manifests }: Subject): string[] {
  return ofKind(manifests, 'Service').flatMap((service) =>
    selectedBy(manifests, mapAt(service, 'spec.selector')).flatMap(({ where, container }) =>
      listAt(service, 'spec.ports')
        .map((port) => textAt(port, 'targetPort') || textAt(port, 'port'))
        .filter((port) => portOf(container, port) === undefined)
        .map((port) => `${nameOf(service)} leads to port ${port}, which ${where} does not have`),
    ),
  );
}

function appPorts({ manifests, facts }: Subject): string[] {
  return containersOf(manifests)
    .filter(({ app }) => app !== undefined)
    .flatMap(({ where, container }) => {
      const listens =
        environmentOf(manifests, container).get('PORT') ?? facts.imageEnvironment.get('PORT') ?? '';
      return portOf(container, listens) === undefined
        ? [`${where} listens on ${listens} and does not declare it`]
        : [];
    });
}

/** A policy that opens a port that nobody listens on lets through something else than was meant. */
function policyPorts({ manifests }: Subject): string[] {
  return ofKind(manifests, 'NetworkPolicy').flatMap((policy) => {
    const behind = selectedBy(manifests, mapAt(policy, 'spec.podSelector.matchLabels'));
    return listAt(policy, 'spec.ingress')
      .flatMap((rule) => listAt(rule, 'ports'))
      .map((port) => textAt(port, 'port'))
      .filter((port) => behind.every(({ container }) => portOf(container, port) === undefined))
      .map((port) => `${nameOf(policy)} opens port ${port}, on which none of its pods listens`);
  });
}

const address = /^[a-z]+:\/\/(?:[^@/]*@)?([a-z0-9-]+)(?::(\d+))?(?:\/|$)/;
const defaultPorts: Readonly<Record<string, string>> = { http: '80', https: '443' };

/** A host without a dot is a Service here. */
function addresses({ manifests }: Subject): string[] {
  const services = new Map(
    ofKind(manifests, 'Service').map((service) => [
      service.metadata.name,
      listAt(service, 'spec.ports').map((port) => textAt(port, 'port')),
    ]),
  );
  return containersOf(manifests).flatMap(({ where, container }) =>
    [...environmentOf(manifests, container)].flatMap(([name, value = '']) =>
      value.split(',').flatMap((each) => {
        const [, host = '', port = defaultPorts[each.split(':')[0] ?? ''] ?? ''] = address.exec(each) ?? [];
        if (host === '' || services.get(host)?.includes(port) === true) return [];
        return [`${where}: ${name} leads to ${host}:${port}, and no Service here has that`];
      }),
    ),
  );
}

export const wiringRules: readonly Rule[] = [
  { name: 'every workload selects its own pods', find: ownSelectors },
  { name: 'every selector selects something', find: idleSelectors },
  { name: 'every autoscaler has its target, and the only say', find: scaledTargets },
  { name: 'every Service leads to a port of its pods', find: servicePorts },
  { name: 'every app declares the port that it listens on', find: appPorts },
  { name: 'every network policy opens a port of its pods', find: policyPorts },
  { name: 'every address inside the cluster is a Service', find: addresses },
];
