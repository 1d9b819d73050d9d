import {
  type DynamicModule,
  type FactoryProvider,
  Global,
  Inject,
  Module,
  type ModuleMetadata,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { MessagingHealth } from '../observability/messaging-health.ts';
import { MessagingMetrics } from '../observability/messaging-metrics.ts';
import { type MessagingOptions, resolveOptions } from '../runtime/options.ts';
import { Outbox } from '../outbox/outbox.ts';
import { MessagingRuntime } from '../runtime/messaging-runtime.ts';
import { JetStreamStrategy } from './jetstream.strategy.ts';
import { MessagingIntake } from './messaging-intake.ts';

const OPTIONS = Symbol('orderflow.messaging-options');

export interface MessagingModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  useFactory: FactoryProvider<MessagingOptions | Promise<MessagingOptions>>['useFactory'];
  inject?: FactoryProvider['inject'];
}

/**
 * Durable messages with effects that happen once. Exports `Outbox`, `MessagingHealth`, `MessagingIntake` and
 * `MessagingMetrics`.
 *
 * On init: migrations, NATS, streams. When the module is destroyed it drains; once HTTP has closed it relays what is
 * left and disconnects. The `Database` is the caller's: import its module into the same tree before this one, so that
 * it is closed after it.
 */
@Global()
@Module({})
export class MessagingModule implements OnModuleInit, OnModuleDestroy, OnApplicationShutdown {
  readonly #runtime: MessagingRuntime;

  constructor(@Inject(MessagingRuntime) runtime: MessagingRuntime) {
    this.#runtime = runtime;
  }

  static forRoot(options: MessagingOptions): DynamicModule {
    return MessagingModule.forRootAsync({ useFactory: () => options });
  }

  static forRootAsync(options: MessagingModuleAsyncOptions): DynamicModule {
    return {
      module: MessagingModule,
      imports: [TerminusModule, ...(options.imports ?? [])],
      providers: [
        { provide: OPTIONS, useFactory: options.useFactory, inject: options.inject ?? [] },
        {
          provide: MessagingRuntime,
          inject: [OPTIONS],
          useFactory: (given: MessagingOptions) => new MessagingRuntime(resolveOptions(given)),
        },
        {
          provide: JetStreamStrategy,
          inject: [MessagingRuntime],
          useFactory: (runtime: MessagingRuntime) => new JetStreamStrategy(runtime),
        },
        {
          provide: Outbox,
          inject: [MessagingRuntime],
          useFactory: (runtime: MessagingRuntime) => runtime.outbox,
        },
        MessagingHealth,
        MessagingIntake,
        MessagingMetrics,
      ],
      exports: [
        Outbox,
        MessagingHealth,
        MessagingIntake,
        MessagingMetrics,
        JetStreamStrategy,
        MessagingRuntime,
      ],
    };
  }

  async onModuleInit(): Promise<void> {
    await this.#runtime.connect();
  }

  async onModuleDestroy(): Promise<void> {
    await this.#runtime.drain();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#runtime.close();
  }
}
