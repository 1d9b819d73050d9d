/**
 * What every `main.ts` needs. A service is three files:
 *
 *     // config.ts
 *     export class OrderConfig extends ServiceConfig {
 *       @Env('PAYMENT_TIMEOUT_MS', { default: 900_000 }) @IsInt() @Min(1_000)
 *       paymentTimeoutMs!: number;
 *     }
 *
 *     // app.module.ts
 *     @Module({})
 *     export class AppModule {
 *       static forRoot(config: OrderConfig): DynamicModule {
 *         const migrations = new URL('../migrations/', import.meta.url);
 *         return {
 *           module: AppModule,
 *           imports: [ServiceModule.forRoot({ name: 'order', config, migrations, streams: [ORDERS], contracts: allContracts })],
 *           controllers: [OrdersController, MarkReserved],
 *           providers: [OrderStore],
 *         };
 *       }
 *     }
 *
 *     // main.ts
 *     await runService({ name: 'order', config: OrderConfig, module: (config) => AppModule.forRoot(config) });
 *
 * Injectable everywhere: the configuration by its class, `PinoLogger`, `ProcessState`; with `ServiceModule` also
 * `Database` and what the messaging module exports. Nest's `new Logger('Context')` writes to the same place.
 * `HealthModule` is for a process without `ServiceModule`, run by `runProcess`.
 */
export { ConfigError, type ConfigProblem } from './config/config-error.ts';
export { commaList, Env, type EnvOptions } from './config/env.decorator.ts';
export { LOG_LEVELS, type LogLevel, ProcessConfig } from './config/process.config.ts';
export { readConfig } from './config/read-config.ts';
export { ServiceConfig } from './config/service.config.ts';
export { DatabaseModule, type DatabaseModuleOptions } from './database/database.module.ts';
export { repeatedTransaction } from './database/repeated-transaction.ts';
export { HealthModule } from './health/health.module.ts';
export { bodyHash, canonicalJson } from './idempotency/canonical-json.ts';
export type { HttpAnswer, IdempotentRequest } from './idempotency/idempotent-request.ts';
export {
  type FreshWork,
  type GivenAnswer,
  idempotencyMigrations,
  idempotent,
  idempotentEach,
} from './idempotency/idempotent.ts';
export { IdempotencyKey, idempotencyKeyOf } from './idempotency/idempotency-key.ts';
export { PinoLogger, type PinoLoggerOptions } from './logging/pino.logger.ts';
export {
  type FieldError,
  Problem,
  type ProblemBody,
  type ProblemOptions,
} from './problem/problem.exception.ts';
export { ProblemFilter } from './problem/problem.filter.ts';
export { invalidContent, validationPipe } from './problem/validation.pipe.ts';
export { ProcessState } from './process/process-state.ts';
export { runProcess, type RunOptions } from './process/run-process.ts';
export { startProcess, type StartOptions } from './process/start-process.ts';
export { runService, startService } from './run-service.ts';
export { ServiceModule, type ServiceModuleOptions } from './service.module.ts';
