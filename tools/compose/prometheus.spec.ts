import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { workspaceFacts } from '../k8s/app-facts.ts';
import { listAt } from '../k8s/manifest.ts';
import { workspaceRoot } from '../stack/stack-layout.ts';
import { metricsOfRules } from './prometheus.ts';

const read = (file: string): string => readFileSync(path.join(workspaceRoot, file), 'utf8');

describe('docker/prometheus', () => {
  it('scrapes every app that has metrics: those with a database', () => {
    const withDatabase = [...workspaceFacts().apps].filter(([, { requires }]) =>
      requires.has('DATABASE_URL'),
    );
    const scraped = listAt(
      parse(read('docker/prometheus/prometheus.yml')),
      'scrape_configs.0.dns_sd_configs.0.names',
    );
    expect([...scraped].sort()).toEqual(withDatabase.map(([name]) => name).sort());
  });

  it('has alerts on metrics that the services have', () => {
    const sources = ['messaging-figures.ts', 'service-metrics.ts'].map((file) =>
      read(`libs/service/src/metrics/${file}`),
    );
    const exported = sources.flatMap((source) =>
      [...source.matchAll(/name: '(orderflow_\w+)'/g)].map(([, name]) => name),
    );
    const ours = metricsOfRules(read('docker/prometheus/rules.yml')).filter((name) =>
      name.startsWith('orderflow_'),
    );
    expect(ours.length).toBeGreaterThan(3);
    expect(ours.filter((name) => !exported.includes(name))).toEqual([]);
  });
});
