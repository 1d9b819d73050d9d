import { ApiProperty } from '@nestjs/swagger';
import type { NotificationRow } from '../store/notification.store.ts';

/** One fact that a user is told about by e-mail. The address is not part of it. */
export class NotificationResponse {
  @ApiProperty({ format: 'uuid' })
  notificationId!: string;

  @ApiProperty({ format: 'uuid' })
  orderId!: string;

  @ApiProperty()
  userId!: string;

  @ApiProperty({ enum: ['created', 'paid', 'shipped', 'cancelled'] })
  fact!: string;

  @ApiProperty()
  subject!: string;

  @ApiProperty({ enum: ['requested', 'sending', 'accepted', 'sent'] })
  state!: string;

  @ApiProperty({ format: 'date-time' })
  requestedAt!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  sentAt!: string | null;
}

export class NotificationPageResponse {
  @ApiProperty({ type: [NotificationResponse], description: 'Newest first.' })
  notifications!: NotificationResponse[];

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Give it as `cursor` to go on; null at the end.',
  })
  nextCursor!: string | null;
}

/** @param rows one more than `limit` when there is a next page */
export function toNotificationPage(
  rows: readonly NotificationRow[],
  limit: number,
): NotificationPageResponse {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    notifications: shown.map(toNotificationResponse),
    nextCursor: rows.length > limit && last !== undefined ? String(last.position) : null,
  };
}

function toNotificationResponse(row: NotificationRow): NotificationResponse {
  const { notificationId, orderId, userId, fact, subject, state, requestedAt, sentAt } = row;
  return {
    notificationId,
    orderId,
    userId,
    fact,
    subject,
    state,
    requestedAt: requestedAt.toISOString(),
    sentAt: sentAt?.toISOString() ?? null,
  };
}
