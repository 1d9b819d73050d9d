import path from 'node:path';
import { startPostgres } from '@orderflow/embedded';
import { provisionDatabases } from './databases.ts';
import type { EmbeddedStack } from './embedded-stack.ts';
import { PortPicker } from './ports.ts';
import {
  sandboxEnvironment,
  serviceEnvironment,
  sinkEnvironment,
  type Endpoints,
} from './program-environment.ts';
import { programPlan } from './program-plan.ts';
import { planServer } from './server-plan.ts';
import { startBroker } from './start-broker.ts';
import { labelOf, serviceNames, type PartName, type ServiceName, type StackPaths } from './stack-layout.ts';
import type { StackOptions } from './stack-options.ts';

/** The stack under construction. */
interface Site {
  stack: EmbeddedStack;
  paths: StackPaths;
  options: StackOptions;
  ports: PortPicker;
}

/** Everything in order. The services start side by side: each waits for streams that another one owns. */
export async function startParts(
  stack: EmbeddedStack,
  paths: StackPaths,
  options: StackOptions,
): Promise<void> {
  const site: Site = { stack, paths, options, ports: new PortPicker(options.ports ?? {}) };
  const databases = await provisionDatabases(await startDatabase(site));
  const nats = await startBroker(stack, paths, options);
  const smtp = await startSink(site);
  const paymentProvider = await startSandbox(site);
  const endpoints: Endpoints = { databases, nats, smtp, paymentProvider };
  stack.reachedBy(endpoints);
  const instances = serviceNames.flatMap((name) =>
    Array.from({ length: options.scale?.[name] ?? 1 }, (_, at) => ({ name, index: at + 1 })),
  );
  await Promise.all(instances.map((instance) => startService(site, instance, endpoints)));
}

/** @returns the URL of its superuser, which stays in this process */
async function startDatabase({ stack, paths, options }: Site): Promise<string> {
  let adminUrl = '';
  let url = '';
  const plan = planServer('postgres', async () => {
    const server = await startPostgres({ directory: paths.postgres, ...given(options, 'postgres') });
    adminUrl = server.url();
    url = `postgres://127.0.0.1:${server.port}`;
    return server;
  });
  await stack.start('postgres', plan, () => ({ url, log: path.join(paths.postgres, 'postgres.log') }));
  return adminUrl;
}

/** @returns its SMTP URL; the URL of the part is that of its HTTP view. A given port is the one for SMTP. */
async function startSink(site: Site): Promise<string> {
  const smtp = await site.ports.pick('smtp');
  const http = await site.ports.pick('smtp', 2);
  const environment = () => sinkEnvironment({ http, smtp }, site.paths);
  await startProgram(site, { name: 'smtp', label: 'smtp', port: http, readyPath: '/health', environment });
  return `smtp://127.0.0.1:${smtp}`;
}

async function startSandbox(site: Site): Promise<string> {
  const name = 'payment-sandbox';
  const port = await site.ports.pick(name);
  const environment = () => sandboxEnvironment(port, site.paths, site.options.environment);
  return startProgram(site, { name, label: name, port, readyPath: '/health/ready', environment });
}

async function startService(
  site: Site,
  { name, index }: { name: ServiceName; index: number },
  endpoints: Endpoints,
): Promise<void> {
  const service = { name, label: labelOf(name, index), port: await site.ports.pick(name, index) };
  const environment = () => serviceEnvironment(service, endpoints, site.options.environment);
  await startProgram(site, { ...service, readyPath: '/health/messaging', environment });
}

interface Program {
  name: Exclude<PartName, 'postgres' | 'nats'>;
  label: string;
  port: number;
  readyPath: string;
  environment: () => Record<string, string>;
}

async function startProgram({ stack, paths }: Site, program: Program): Promise<string> {
  const url = `http://127.0.0.1:${program.port}`;
  const logFile = path.join(paths.logs, `${program.label}.log`);
  const { label, name, environment } = program;
  const plan = programPlan({ label, name, environment, logFile, readyUrl: `${url}${program.readyPath}` });
  await stack.start(name, plan, () => ({ url, log: logFile }));
  return url;
}

function given({ ports }: StackOptions, name: PartName): { port?: number } {
  const port = ports?.[name];
  return port === undefined ? {} : { port };
}
