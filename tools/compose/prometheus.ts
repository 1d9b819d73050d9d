import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parse } from 'yaml';
import { listAt, textAt } from '../k8s/manifest.ts';
import { workspaceRoot } from '../stack/stack-layout.ts';
import type { ComposeProject } from './compose-project.ts';
import { docker } from './docker.ts';

const services = ['order', 'payment', 'inventory', 'notification'];
const scrapedMs = 60_000;
const lookMs = 1_000;

/** The names of metrics in the alerts' expressions. */
export function metricsOfRules(rules: string): string[] {
  const parsed: unknown = parse(rules);
  const expressions = listAt(parsed, 'groups')
    .flatMap((group) => listAt(group, 'rules'))
    .map((rule) => textAt(rule, 'expr'));
  const names = expressions.flatMap((expr) => expr.match(/\b(?:orderflow|nodejs|process)_\w+/g) ?? []);
  return [...new Set(names)];
}

/** Resolves when Prometheus has scraped every instance of every service, and every alert has the metrics that it reads. */
export async function untilScraped(project: ComposeProject): Promise<void> {
  const published = await docker(project.arguments('--profile', 'metrics', 'port', 'prometheus', '9090'));
  const api = `http://${published.trim()}/api/v1`;
  const deadline = Date.now() + scrapedMs;
  for (;;) {
    const missing = await unscraped(project, api);
    if (missing.length === 0) return;
    if (Date.now() > deadline) throw new Error(missing.join('\n'));
    await delay(lookMs);
  }
}

async function unscraped(project: ComposeProject, api: string): Promise<string[]> {
  const up = await query(api, 'sum by (service) (up)');
  const instances = await Promise.all(
    services.map(async (service) => {
      const expected = (await project.containers(service)).length;
      const seen = up.get(service) ?? 0;
      return seen === expected ? [] : [`Prometheus sees ${seen} of ${expected} instances of ${service}`];
    }),
  );
  const rules = readFileSync(path.join(workspaceRoot, 'docker/prometheus/rules.yml'), 'utf8');
  const metrics = await Promise.all(
    metricsOfRules(rules).map(async (metric) => {
      const seen = await query(api, `count by (service) (${metric})`);
      return services.filter((service) => !seen.has(service)).map((service) => `${service} has no ${metric}`);
    }),
  );
  return [...instances.flat(), ...metrics.flat()];
}

/** By service. */
async function query(api: string, expression: string): Promise<Map<string, number>> {
  const response = await fetch(`${api}/query?query=${encodeURIComponent(expression)}`);
  const results = listAt(await response.json(), 'data.result');
  return new Map(
    results.map((result) => [textAt(result, 'metric.service'), Number(textAt(result, 'value.1'))]),
  );
}
