import { type DynamicModule, Module } from '@nestjs/common';
import { allContracts, NOTIFICATIONS } from '@orderflow/contracts';
import { ServiceModule } from '@orderflow/service';
import type { NotificationConfig } from './config.ts';
import { SendEmailHandler } from './handlers/send-email.handler.ts';
import { TellOrderCancelledHandler } from './handlers/tell-order-cancelled.handler.ts';
import { TellOrderCreatedHandler } from './handlers/tell-order-created.handler.ts';
import { TellOrderPaidHandler } from './handlers/tell-order-paid.handler.ts';
import { TellOrderShippedHandler } from './handlers/tell-order-shipped.handler.ts';
import { TellUser } from './handlers/tell-user.ts';
import { NotificationsController } from './http/notifications.controller.ts';
import { SmtpMailer } from './mail/smtp-mailer.ts';
import { CorrespondenceStore } from './store/correspondence.store.ts';
import { MailClaimStore } from './store/mail-claim.store.ts';
import { NotificationStore } from './store/notification.store.ts';

@Module({})
export class AppModule {
  static forRoot(config: NotificationConfig): DynamicModule {
    const migrations = new URL('../migrations/', import.meta.url);
    return {
      module: AppModule,
      imports: [
        ServiceModule.forRoot({
          name: 'notification',
          config,
          migrations,
          streams: [NOTIFICATIONS],
          contracts: allContracts,
        }),
      ],
      controllers: [
        NotificationsController, // GET /notifications
        TellOrderCreatedHandler, // order.created -> notify.email-requested
        TellOrderPaidHandler, // order.paid -> notify.email-requested
        TellOrderShippedHandler, // order.shipped -> notify.email-requested
        TellOrderCancelledHandler, // order.cancelled -> notify.email-requested
        SendEmailHandler, // notify.email-requested, shared -> SMTP, notify.email-sent
      ],
      providers: [TellUser, CorrespondenceStore, NotificationStore, MailClaimStore, SmtpMailer],
    };
  }
}
