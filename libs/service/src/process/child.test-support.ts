// A process of its own, for what only a process can show: exit codes and signals. Started by run-process.int.spec.ts.
import {
  type BeforeApplicationShutdown,
  Body,
  Controller,
  Get,
  Inject,
  Module,
  type OnModuleDestroy,
  type OnModuleInit,
  Post,
} from '@nestjs/common';
import { IsIn } from 'class-validator';
import { Env } from '../config/env.decorator.ts';
import { ProcessConfig } from '../config/process.config.ts';
import { HealthModule } from '../health/health.module.ts';
import { PinoLogger } from '../logging/pino.logger.ts';
import { runProcess } from './run-process.ts';

class ChildConfig extends ProcessConfig {
  @Env('MOOD', { default: 'good' })
  @IsIn(['good', 'refuses-to-start', 'never-starts', 'never-stops'])
  mood!: string;
}

class RefusalError extends Error {
  readonly code = 'NOT_TODAY';
  readonly remedy = 'Come back tomorrow.';
}

@Controller()
class ChildController implements OnModuleInit, OnModuleDestroy, BeforeApplicationShutdown {
  #answer: () => void = () => undefined;

  constructor(
    @Inject(ChildConfig) private readonly config: ChildConfig,
    @Inject(PinoLogger) private readonly logger: PinoLogger,
  ) {}

  async onModuleInit(): Promise<void> {
    if (this.config.mood === 'refuses-to-start') {
      const cause = new Error('the server said no', { cause: new Error('its disk is full') });
      throw new RefusalError('The example does not want to start.', { cause });
    }
    if (this.config.mood === 'never-starts') {
      this.logger.log('waiting for ever');
      setInterval(() => undefined, 60_000);
      await new Promise(() => undefined);
    }
  }

  @Get('slow')
  async slow(): Promise<string> {
    const answer = new Promise<void>((resolve) => (this.#answer = resolve));
    this.logger.log('slow request arrived');
    await answer;
    return 'answered';
  }

  @Post('body')
  body(@Body() body: unknown): unknown {
    return body;
  }

  @Get('reject')
  reject(): string {
    void Promise.reject(new Error('nobody caught this'));
    return 'rejected';
  }

  async onModuleDestroy(): Promise<void> {
    if (this.config.mood === 'never-stops') await new Promise(() => undefined);
  }

  // The last hook before HTTP closes: the slow request is answered while it does.
  beforeApplicationShutdown(): void {
    setTimeout(() => this.#answer(), 200);
  }
}

@Module({ imports: [HealthModule], controllers: [ChildController] })
class ChildModule {}

await runProcess({ name: 'child', config: ChildConfig, module: () => ChildModule });
