import {
  type ArgumentsHost,
  BadRequestException,
  type CallHandler,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
  type Type,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { map, type Observable, of, throwError } from 'rxjs';
import type { Delivery } from '../routing/delivery.ts';
import { Subscribe } from '../nest/subscribe.decorator.ts';
import { Counted } from './harness.test-support.ts';
import { recordEffect } from './ledger.test-support.ts';

const RETRY = { firstDelayMs: 10, maxDelayMs: 20, maxAttempts: 2 };

const eventOf = (context: ExecutionContext): Counted => context.switchToRpc().getData<Counted>();

/** Bad events are refused as `refuse` does it, good ones pass. */
function guardThat(refuse: () => boolean): CanActivate {
  return { canActivate: (context) => eventOf(context).mode === 'ok' || refuse() };
}

const failing = (reason: string) => (): never => {
  throw new Error(reason);
};

@Controller()
@UseGuards(guardThat(failing('the guard threw')))
export class BehindThrowingGuard {
  @Subscribe(Counted, { retry: RETRY })
  handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    return recordEffect(delivery.tx, event, delivery);
  }
}

@Controller()
export class BehindRefusingGuard {
  @UseGuards(guardThat(() => false))
  @Subscribe(Counted, { retry: RETRY })
  handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    return recordEffect(delivery.tx, event, delivery);
  }
}

class FailBefore implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return eventOf(context).mode === 'ok'
      ? next.handle()
      : throwError(() => new Error('the interceptor threw'));
  }
}

class FailAfter implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { mode } = eventOf(context);
    return next
      .handle()
      .pipe(map((value: unknown) => (mode === 'ok' ? value : failing('the interceptor threw')())));
  }
}

@Controller()
export class InterceptedBefore {
  @UseInterceptors(FailBefore)
  @Subscribe(Counted, { retry: RETRY })
  handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    return recordEffect(delivery.tx, event, delivery);
  }
}

@Controller()
export class InterceptedAfter {
  @UseInterceptors(FailAfter)
  @Subscribe(Counted, { retry: RETRY })
  handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    return recordEffect(delivery.tx, event, delivery);
  }
}

class Doubling implements PipeTransform<Counted, Counted> {
  transform(event: Counted): Counted {
    if (event.mode !== 'ok') throw new BadRequestException('the pipe threw');
    return { ...event, n: event.n * 2 };
  }
}

@Controller()
export class Piped {
  @Subscribe(Counted, { retry: RETRY })
  handle(@Payload(Doubling) event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    return recordEffect(delivery.tx, event, delivery);
  }
}

@Catch()
export class Renaming implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): Observable<never> {
    const { n } = host.switchToRpc().getData<Counted>();
    return throwError(() => new Error(`renamed for ${n}: ${String(error)}`));
  }
}

@Catch()
export class Forgiving implements ExceptionFilter {
  catch(): Observable<string> {
    return of('forgiven');
  }
}

@Catch()
export class Broken implements ExceptionFilter {
  catch(): never {
    throw new Error('the filter threw');
  }
}

class Failing {
  async handle(event: Counted, delivery: Delivery): Promise<void> {
    await recordEffect(delivery.tx, event, delivery);
    if (event.mode !== 'ok') throw new Error('the handler threw');
  }
}

export function filteredBy(filter: Type<ExceptionFilter>): Type {
  @Controller()
  @UseFilters(filter)
  class Filtered extends Failing {
    @Subscribe(Counted, { retry: RETRY })
    override handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
      return super.handle(event, delivery);
    }
  }
  return Filtered;
}
