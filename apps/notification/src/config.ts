import { Env, ServiceConfig } from '@orderflow/service';
import { IsInt, Matches, Max, Min } from 'class-validator';

/** What the notification service reads from the environment besides what every service reads. */
export class NotificationConfig extends ServiceConfig {
  @Env('SMTP_URL')
  @Matches(/^smtps?:\/\/\S+$/, { message: 'must be smtp://host:port or smtps://user:password@host:port' })
  smtpUrl!: string;

  /** Sender of every mail: an address, or a name with an address in angle brackets. */
  @Env('MAIL_FROM')
  @Matches(/^([^<>\r\n]{1,100}<[^\s<>@]+@[A-Za-z0-9.-]+>|[^\s<>@]+@[A-Za-z0-9.-]+)$/, {
    message: 'must be like orders@shop.example or Shop <orders@shop.example>',
  })
  mailFrom!: string;

  /** One mail, from the wait for a connection to the server's answer. */
  @Env('SMTP_TIMEOUT_MS', { default: 10_000 })
  @IsInt()
  @Min(100)
  @Max(20_000)
  smtpTimeoutMs!: number;

  /** Connections to the mail server at most. */
  @Env('SMTP_CONNECTIONS', { default: 10 })
  @IsInt()
  @Min(1)
  @Max(50)
  smtpConnections!: number;
}
