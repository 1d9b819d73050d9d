import { listAt, type Manifest, mapAt, nameOf, textAt } from './manifest.ts';
import { containersOf, environmentOf, podLabels, selectedBy } from './pod.ts';
import type { Rule, Subject } from './rule.ts';

const COMPONENT = 'app.kubernetes.io/component';
const DEPENDENCIES = ['broker', 'database'];

/** When a node is full, the broker comes before another copy of a service. */
function priorities({ manifests }: Subject): string[] {
  const classes = new Set(
    manifests.filter(({ kind }) => kind === 'PriorityClass').map(({ metadata }) => metadata.name),
  );
  return manifests
    .filter((each) => DEPENDENCIES.includes(podLabels(each).get(COMPONENT) ?? ''))
    .filter((each) => !classes.has(textAt(each, 'spec.template.spec.priorityClassName')))
    .map((each) => `${nameOf(each)} has no priority class, or one that is not there`);
}

/** A Node.js process that starts takes a whole core for some seconds. */
const leastSeconds = 60;

function hastyAutoscalers({ manifests }: Subject): string[] {
  return manifests
    .filter(({ kind }) => kind === 'HorizontalPodAutoscaler')
    .filter((each) => Number(textAt(each, 'spec.behavior.scaleUp.stabilizationWindowSeconds')) < leastSeconds)
    .map(
      (each) =>
        `${nameOf(each)} answers to the load of a start: it has no scaleUp window of ${leastSeconds} s`,
    );
}

/** Namespaces that a policy lets in by this label. */
function openedTo(manifests: readonly Manifest[], label: string): { policy: Manifest; ports: string[] }[] {
  return manifests
    .filter(({ kind }) => kind === 'NetworkPolicy')
    .flatMap((policy) =>
      listAt(policy, 'spec.ingress')
        .filter((rule) =>
          listAt(rule, 'from').some((peer) => mapAt(peer, 'namespaceSelector.matchLabels').has(label)),
        )
        .map((rule) => ({ policy, ports: listAt(rule, 'ports').map((port) => textAt(port, 'port')) })),
    );
}

const unlimited = (policy: Manifest, ports: readonly string[]): string[] =>
  ports.length === 0 ? [`${nameOf(policy)} opens every port`] : [];

function openedPorts({ manifests }: Subject): string[] {
  const isOps = (policy: Manifest, port: string): boolean =>
    selectedBy(manifests, mapAt(policy, 'spec.podSelector.matchLabels')).some(
      ({ container }) => environmentOf(manifests, container).get('OPS_PORT') === port,
    );
  const forCustomers = openedTo(manifests, 'orderflow.example/ingress').flatMap(({ policy, ports }) => [
    ...unlimited(policy, ports),
    ...ports
      .filter((port) => isOps(policy, port))
      .map((port) => `${nameOf(policy)} lets customers reach port ${port}, which is for operations`),
    ...(mapAt(policy, 'spec.podSelector.matchLabels').has('orderflow.example/public')
      ? []
      : [`${nameOf(policy)} lets customers reach what is not public`]),
  ]);
  const forMetrics = openedTo(manifests, 'orderflow.example/metrics').flatMap(({ policy, ports }) => [
    ...unlimited(policy, ports),
    ...ports
      .filter((port) => !isOps(policy, port))
      .map((port) => `${nameOf(policy)} lets Prometheus reach port ${port}, which is not for operations`),
  ]);
  return [...forCustomers, ...forMetrics];
}

/** Health and metrics are on that port only: elsewhere they answer 404. */
function operationsPort({ manifests }: Subject): string[] {
  return containersOf(manifests).flatMap(({ where, container, workload }) => {
    const ops = environmentOf(manifests, container).get('OPS_PORT');
    const numbers = new Map(
      listAt(container, 'ports').map((port) => [textAt(port, 'name'), textAt(port, 'containerPort')]),
    );
    if (ops === undefined)
      return numbers.has('ops') ? [`${where} has a port for operations, and OPS_PORT is not set`] : [];
    const probes = ['startupProbe', 'readinessProbe', 'livenessProbe'].map((probe): [string, string] => {
      const port = textAt(container, `${probe}.httpGet.port`);
      return [probe, numbers.get(port) ?? port];
    });
    const annotations = mapAt(workload, 'spec.template.metadata.annotations');
    const asked: [string, string][] = [
      ...probes,
      ['Prometheus', annotations.get('prometheus.io/port') ?? ops],
    ];
    return asked
      .filter(([, port]) => port !== ops)
      .map(([who, port]) => `${where}: ${who} asks port ${port}, and health and metrics are on ${ops}`);
  });
}

/** A restart gives a node another address. */
function advertisedAddresses({ manifests }: Subject): string[] {
  return manifests
    .filter(({ kind }) => kind === 'ConfigMap')
    .filter((each) => {
      const text = mapAt(each, 'data').get('nats.conf') ?? '';
      return /^cluster \{/m.test(text) && !/^client_advertise: /m.test(text);
    })
    .map((each) => `${nameOf(each)} has the nodes tell their clients addresses, not names`);
}

export const operatingRules: readonly Rule[] = [
  { name: 'what others depend on comes first', find: priorities },
  { name: 'no start is taken for load', find: hastyAutoscalers },
  { name: 'customers reach what is public, Prometheus the operations port', find: openedPorts },
  { name: 'health and metrics are asked for on the operations port', find: operationsPort },
  { name: 'the nodes of a NATS cluster advertise names', find: advertisedAddresses },
];
