import type { INestApplication } from '@nestjs/common';
import { NestMicroservice } from '@nestjs/microservices';
import { MessagingError } from '../errors/messaging-error.ts';
import { JetStreamStrategy } from './jetstream.strategy.ts';
import { RethrowFilter } from './rethrow.filter.ts';

/**
 * Registers the methods decorated with `@Subscribe` and `@SubscribeShared`. Call it before `app.listen()`, and
 * `app.startAllMicroservices()` after it: intake begins when everything else is ready.
 *
 * @throws MessagingError `HANDLER_DUPLICATE` when two methods handle the same event
 */
export function connectMessaging(app: INestApplication): void {
  const strategy = app.get(JetStreamStrategy, { strict: false });
  registerHandlers(app, strategy);
  strategy.router();
}

/** Lets Nest hand its decorated methods to the strategy. */
export function registerHandlers(app: INestApplication, strategy: JetStreamStrategy): void {
  // Deferred, because a filter has to be there before the handlers are wrapped.
  const microservice = app.connectMicroservice({ strategy }, { deferInitialization: true });
  if (!(microservice instanceof NestMicroservice)) {
    throw new MessagingError('CONFIG_INVALID', 'Nest answered with an unknown kind of microservice.', {
      remedy: 'Check that one version of @nestjs/microservices is installed.',
    });
  }
  microservice.useGlobalFilters(new RethrowFilter());
  microservice.registerListeners();
  microservice.setIsInitialized(true);
  microservice.setIsInitHookCalled(true);
}
