import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Problem } from '@orderflow/service';
import { NotificationStore } from '../store/notification.store.ts';
import { ListNotificationsQuery } from './list-notifications.query.ts';
import { NotificationPageResponse, toNotificationPage } from './notification.response.ts';

@ApiTags('notifications')
@Controller('notifications')
export class NotificationsController {
  readonly #notifications: NotificationStore;

  constructor(notifications: NotificationStore) {
    this.#notifications = notifications;
  }

  @Get()
  @ApiOperation({ summary: 'What a user was told, or what was told about an order, newest first' })
  @ApiOkResponse({ type: NotificationPageResponse })
  async list(@Query() query: ListNotificationsQuery): Promise<NotificationPageResponse> {
    const { userId, orderId, limit, cursor } = query;
    const page = { limit: limit + 1, before: cursor === undefined ? undefined : Number(cursor) };
    if (orderId !== undefined) {
      return toNotificationPage(await this.#notifications.pageOfOrder(orderId, userId, page), limit);
    }
    if (userId === undefined) throw neither();
    return toNotificationPage(await this.#notifications.pageOfUser(userId, page), limit);
  }
}

function neither(): Problem {
  const message = 'give userId, orderId or both';
  return new Problem({
    status: 422,
    detail: message,
    errors: ['userId', 'orderId'].map((field) => ({ field, message })),
  });
}
