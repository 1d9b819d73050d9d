import { Module } from '@nestjs/common';
import { DeadLetters } from '../dead-letter/dead-letters.ts';
import { MessagingRuntime } from '../runtime/messaging-runtime.ts';
import { RefusedEvents } from '../outbox/refused-events.ts';
import { AcceptedEventsController } from './accepted-events.controller.ts';
import { BlockedKeysController } from './blocked-keys.controller.ts';
import { BrokerView } from './broker-view.ts';
import { DeadLettersController } from './dead-letters.controller.ts';
import { MessagingViewsController } from './messaging-views.controller.ts';
import { OutboxView } from '../observability/outbox-view.ts';
import { RefusedEventsController } from './refused-events.controller.ts';

/**
 * HTTP for operators, below `/messaging`: dead letters, blocked keys, streams, consumers, outbox. Import it beside
 * `MessagingModule`. Bodies of messages may hold personal data, and what is here decides about messages, without
 * asking who calls: never let it be reached from outside (listen on an internal address, a NetworkPolicy, a guard).
 */
@Module({
  controllers: [
    DeadLettersController,
    BlockedKeysController,
    RefusedEventsController,
    AcceptedEventsController,
    MessagingViewsController,
  ],
  providers: [
    BrokerView,
    {
      provide: DeadLetters,
      inject: [MessagingRuntime],
      useFactory: (runtime: MessagingRuntime) => runtime.deadLetters,
    },
    {
      provide: RefusedEvents,
      inject: [MessagingRuntime],
      useFactory: (runtime: MessagingRuntime) => runtime.refusedEvents,
    },
    {
      provide: OutboxView,
      inject: [MessagingRuntime],
      useFactory: (runtime: MessagingRuntime) => new OutboxView(runtime.options.database),
    },
  ],
})
export class MessagingAdminModule {}
