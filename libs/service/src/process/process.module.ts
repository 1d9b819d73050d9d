import { type DynamicModule, Global, type InjectionToken, Module, type Type } from '@nestjs/common';
import { ProcessConfig } from '../config/process.config.ts';
import { PinoLogger } from '../logging/pino.logger.ts';
import { ProcessState } from './process-state.ts';

export interface ProcessModuleOptions {
  config: ProcessConfig;
  state: ProcessState;
  logger: PinoLogger;
  application: Type | DynamicModule;
}

@Global()
@Module({})
class ProcessProviders {}

/** The root of every process: what is known before Nest starts, and the application. It has no hooks. */
@Module({})
export class ProcessModule {
  static forRoot({ config, state, logger, application }: ProcessModuleOptions): DynamicModule {
    const providers = [
      ...configClasses(config).map((provide) => ({ provide, useValue: config })),
      { provide: ProcessState, useValue: state },
      { provide: PinoLogger, useValue: logger },
    ];
    const shared = { module: ProcessProviders, providers, exports: providers.map(({ provide }) => provide) };
    return { module: ProcessModule, imports: [shared, application] };
  }
}

/** Every class that the configuration is an instance of, so that each can be asked for by its own name. */
function configClasses(config: ProcessConfig): InjectionToken[] {
  const classes: InjectionToken[] = [];
  for (
    let prototype = Reflect.getPrototypeOf(config);
    prototype !== null;
    prototype = Reflect.getPrototypeOf(prototype)
  ) {
    if (prototype instanceof ProcessConfig || prototype === ProcessConfig.prototype) {
      classes.push(prototype.constructor);
    }
  }
  return classes;
}
