import { at, type Manifest, mapAt, textAt } from './manifest.ts';
import { type Container, containersOf, environmentOf, lastingKinds, podLabels, portOf } from './pod.ts';
import type { Rule, Subject } from './rule.ts';

/** Those of a Job end by themselves. */
const lastingContainers = (manifests: readonly Manifest[]): Container[] =>
  containersOf(manifests).filter(({ workload }) => lastingKinds.includes(workload.kind));

/** Which of the app's routes answers which probe. */
const probes: Readonly<Record<string, string>> = {
  startupProbe: '/health/startup',
  readinessProbe: '/health/ready',
  livenessProbe: '/health/live',
};

function probeViolations({ manifests, facts }: Subject): string[] {
  return lastingContainers(manifests).flatMap((each) =>
    Object.entries(probes).flatMap(([probe, route]) => {
      if (at(each.container, probe) === undefined) return [`${each.where} has no ${probe}`];
      const path = textAt(each.container, `${probe}.httpGet.path`);
      if (each.app !== undefined && path !== route)
        return [`${each.where}: ${probe} asks ${path}, not ${route}`];
      if (each.app !== undefined && !facts.healthRoutes.has(path))
        return [`${each.where}: no app has the route ${path}`];
      return probePort(each, probe);
    }),
  );
}

function probePort({ where, container }: Container, probe: string): string[] {
  const port = textAt(container, `${probe}.httpGet.port`) || textAt(container, `${probe}.tcpSocket.port`);
  return port === '' || portOf(container, port) !== undefined
    ? []
    : [`${where}: ${probe} asks port ${port}, which the container does not have`];
}

/** Shorter than this, an outage of what all pods share must not empty the Service. */
const toleratedOutageSeconds = 30;

function outageViolations({ manifests }: Subject): string[] {
  return containersOf(manifests)
    .filter(({ workload }) => podLabels(workload).get('app.kubernetes.io/component') === 'service')
    .flatMap(({ where, container }) => {
      const period = Number(textAt(container, 'readinessProbe.periodSeconds') || 10);
      const failures = Number(textAt(container, 'readinessProbe.failureThreshold') || 3);
      const seconds = period * failures;
      return seconds >= toleratedOutageSeconds
        ? []
        : [`${where} leaves its Service after an outage of ${seconds} s, as all other pods do`];
    });
}

/** Killed before it has drained, a pod leaves its leases to expire and its messages to be delivered again. */
function graceViolations({ manifests, facts }: Subject): string[] {
  const drainMs = (manifest: readonly Manifest[], container: unknown): number =>
    Number(environmentOf(manifest, container).get('DRAIN_DEADLINE_MS') ?? facts.drainDeadlineMs);
  return lastingContainers(manifests)
    .filter(({ app }) => app !== undefined)
    .flatMap(({ where, container, pod }) => {
      const graceMs = Number(textAt(pod, 'terminationGracePeriodSeconds') || 30) * 1000;
      const preStopMs = Number(textAt(container, 'lifecycle.preStop.sleep.seconds') || 0) * 1000;
      const neededMs = preStopMs + drainMs(manifests, container) + facts.closeMarginMs;
      return graceMs > neededMs
        ? []
        : [`${where} is killed after ${graceMs} ms, and stopping may take ${neededMs} ms`];
    });
}

const scrape = 'prometheus.io/';

/** An annotation that leads nowhere is a service that nobody watches. */
function scrapeViolations({ manifests, facts }: Subject): string[] {
  return containersOf(manifests)
    .filter(({ workload }) => podLabels(workload).get('app.kubernetes.io/component') === 'service')
    .flatMap(({ where, workload, container }) => {
      const annotations = mapAt(workload, 'spec.template.metadata.annotations');
      const [wanted, path = '', port = ''] = ['scrape', 'path', 'port'].map((name) =>
        annotations.get(`${scrape}${name}`),
      );
      if (wanted !== 'true') return [`${where} is not scraped`];
      if (!facts.metricsRoutes.has(path))
        return [`${where} is scraped at ${path}, and no app has that route`];
      return portOf(container, port) === undefined
        ? [`${where} is scraped on port ${port}, which it does not have`]
        : [];
    });
}

export const probeRules: readonly Rule[] = [
  { name: 'every container has probes, on the routes that its app has', find: probeViolations },
  { name: 'a short outage of the database empties no Service', find: outageViolations },
  { name: 'every service is scraped, on a route and a port that it has', find: scrapeViolations },
  { name: 'the grace period exceeds preStop, drain deadline and closing', find: graceViolations },
];
