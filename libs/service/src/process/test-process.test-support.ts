import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ProcessConfig } from '../config/process.config.ts';
import { readConfig } from '../config/read-config.ts';
import { type JsonObject, jsonObject } from '../json.test-support.ts';
import { PinoLogger } from '../logging/pino.logger.ts';
import { startProcess } from './start-process.ts';

export interface TestProcess {
  app: NestFastifyApplication;
  url: string;
  /** What has been logged so far. */
  log: JsonObject[];
}

/** The real process on a free port, its log kept instead of printed. */
export async function startTestProcess(module: Type, env: NodeJS.ProcessEnv = {}): Promise<TestProcess> {
  const log: JsonObject[] = [];
  const write = (line: string): void => void log.push(jsonObject(line));
  const logger = new PinoLogger({ service: 'test', instance: 'test', write });
  const config = readConfig(ProcessConfig, { PORT: '0', ...env });
  const app = await startProcess({ name: 'test', config, module: () => module, logger });
  return { app, url: await app.getUrl(), log };
}
