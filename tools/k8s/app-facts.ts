import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { workspaceRoot } from '../stack/stack-layout.ts';

/** What the sources say of an app, so that manifests can be held against it. */
export interface AppFacts {
  /** Every variable that its configuration reads. */
  readonly reads: ReadonlySet<string>;
  /** Those without a default. */
  readonly requires: ReadonlySet<string>;
}

/** What the sources say of all of them. */
export interface WorkspaceFacts {
  readonly apps: ReadonlyMap<string, AppFacts>;
  /** `/health/live` and the like. */
  readonly healthRoutes: ReadonlySet<string>;
  /** `/metrics`. */
  readonly metricsRoutes: ReadonlySet<string>;
  /** Set by the image. */
  readonly imageEnvironment: ReadonlyMap<string, string>;
  readonly drainDeadlineMs: number;
  /** What closing may take after the drain. */
  readonly closeMarginMs: number;
}

const read = (file: string): string => readFileSync(path.join(workspaceRoot, file), 'utf8');

export function workspaceFacts(): WorkspaceFacts {
  const names = readdirSync(path.join(workspaceRoot, 'apps'));
  const withConfig = names.filter((name) =>
    existsSync(path.join(workspaceRoot, 'apps', name, 'src/config.ts')),
  );
  const processConfig = read('libs/service/src/config/process.config.ts');
  return {
    apps: new Map(withConfig.map((name) => [name, appFacts(name)])),
    healthRoutes: routes(read('libs/service/src/health/health.controller.ts')),
    metricsRoutes: routes(read('libs/service/src/metrics/metrics.controller.ts')),
    imageEnvironment: imageEnvironment(read('docker/Dockerfile')),
    drainDeadlineMs: numberIn(processConfig, /'DRAIN_DEADLINE_MS', \{ default: ([\d_]+)/),
    closeMarginMs: numberIn(
      read('libs/service/src/process/stop-on-signals.ts'),
      /CLOSE_MARGIN_MS = ([\d_]+)/,
    ),
  };
}

/** The fields of its configuration class and of those that it extends. */
function appFacts(name: string): AppFacts {
  const own = read(`apps/${name}/src/config.ts`);
  const sources = [own, read('libs/service/src/config/process.config.ts')];
  if (/extends ServiceConfig\b/.test(own)) sources.push(read('libs/service/src/config/service.config.ts'));
  const fields = sources.flatMap((source) => [...source.matchAll(/@Env\('([A-Z_]+)'(.*)\)/g)]);
  if (fields.length === 0) throw new Error(`apps/${name}/src/config.ts: no @Env field was found`);
  const required = fields.filter(([, , options = '']) => !options.includes('default:'));
  const names = (found: readonly RegExpMatchArray[]): Set<string> =>
    new Set(found.map(([, variable = '']) => variable));
  return { reads: names(fields), requires: names(required) };
}

function routes(controller: string): Set<string> {
  const prefix = /@Controller\('([^']+)'\)/.exec(controller)?.[1] ?? '';
  return new Set(
    [...controller.matchAll(/@Get\((?:'([^']+)')?\)/g)].map(([, route]) =>
      route === undefined ? `/${prefix}` : `/${prefix}/${route}`,
    ),
  );
}

/** Of the stage that the services are: the last one. */
function imageEnvironment(dockerfile: string): Map<string, string> {
  const stage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
  const assignments = [...stage.matchAll(/^ENV (.+)$/gm)].flatMap(([, line = '']) => line.split(' '));
  return new Map(
    assignments.map((assignment) => {
      const [name = '', value = ''] = assignment.split('=');
      return [name, value];
    }),
  );
}

function numberIn(source: string, pattern: RegExp): number {
  const found = pattern.exec(source)?.[1];
  if (found === undefined) throw new Error(`nothing matches ${String(pattern)}`);
  return Number(found.replaceAll('_', ''));
}
