import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { workspaceFacts } from '../k8s/app-facts.ts';
import { workspaceRoot } from '../stack/stack-layout.ts';

interface ComposeService {
  image?: string;
  environment?: Record<string, string>;
  ports?: string[];
  healthcheck?: object;
  restart?: string;
  stop_grace_period?: string;
  profiles?: string[];
}

const read = (file: string): string => readFileSync(path.join(workspaceRoot, file), 'utf8');
const { services } = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Record<string, ComposeService>;
};
const facts = workspaceFacts();
const all = Object.entries(services).map(([name, service]) => ({ name, service }));
const apps = [...facts.apps].map(([name, app]) => ({ name, ...app, ...services[name] }));
const staying = all.filter(({ service }) => service.profiles?.includes('demo') !== true);

describe('docker-compose.yml', () => {
  it.each(apps)('sets of $name only what it reads, and all that it requires', (app) => {
    const set = Object.keys(app.environment ?? {});
    expect(set.filter((name) => !app.reads.has(name))).toEqual([]);
    const missing = [...app.requires].filter(
      (name) => !set.includes(name) && !facts.imageEnvironment.has(name),
    );
    expect(missing).toEqual([]);
  });

  it.each(apps)(
    'gives $name longer to stop than it may take',
    ({ environment, stop_grace_period: grace }) => {
      const drainMs = Number(environment?.['DRAIN_DEADLINE_MS'] ?? facts.drainDeadlineMs);
      expect(Number.parseInt(grace ?? '10s', 10) * 1000).toBeGreaterThan(drainMs + facts.closeMarginMs);
    },
  );

  it('publishes on loopback only', () => {
    const ports = all.flatMap(({ service }) => service.ports ?? []);
    expect(ports.length).toBeGreaterThan(0);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it('starts everything again that ends by itself', () => {
    expect(staying.filter(({ service }) => service.restart !== 'unless-stopped')).toEqual([]);
  });

  it('has a health check for everything whose image has none', () => {
    const inImage = /^(orderflow\/|axllent\/mailpit:)/;
    const without = staying.filter(
      ({ service }) => service.healthcheck === undefined && !inImage.test(service.image ?? ''),
    );
    expect(without).toEqual([]);
  });

  it('has an example for each password that it asks for, and no other', () => {
    const asked = [...read('docker-compose.yml').matchAll(/\$\{([A-Z_]+):\?/g)].map(([, name = '']) => name);
    const given = [...read('docker/example.env').matchAll(/^([A-Z_]+)=/gm)].map(([, name = '']) => name);
    expect(given.sort()).toEqual([...new Set(asked)].sort());
  });
});

describe('docker/Dockerfile', () => {
  it('copies the package.json of every workspace, which npm ci asks for', () => {
    const folders = ['apps', 'libs'].flatMap((parent) =>
      readdirSync(path.join(workspaceRoot, parent)).map((name) => `${parent}/${name}`),
    );
    const dockerfile = read('docker/Dockerfile');
    const missing = [...folders, 'e2e', 'tools'].filter(
      (folder) => !dockerfile.includes(`COPY ${folder}/package.json ${folder}/\n`),
    );
    expect(missing).toEqual([]);
  });
});

const pages = ['README.md', 'docs/deploy.md', 'docs/kubernetes.md'];
const chapters = pages.flatMap((page) =>
  read(page)
    .split(/^## /m)
    .slice(1)
    .map((text) => ({ page, title: text.split('\n', 1)[0] ?? '', text })),
);
const needsPasswords = chapters.filter(({ text }) =>
  /^docker compose (?:--\S+ (?:\S+ )?)*(?:build|up|run)\b/m.test(text),
);

it.each(needsPasswords)(
  '$page, "$title": its commands work by themselves, passwords included',
  ({ text }) => {
    expect(text).toMatch(/cp docker\/example\.env \.env|--env-file docker\/example\.env/);
  },
);

it('Kubernetes makes the same databases as Compose', () => {
  expect(read('k8s/components/in-cluster/001-databases.sh')).toBe(read('docker/postgres/001-databases.sh'));
});
