import { hostname } from 'node:os';
import { ArrayNotEmpty, IsBoolean, IsIn, IsInt, Matches, Max, Min, IsString } from 'class-validator';
import { commaList, Env } from './env.decorator.ts';
import { ProcessConfig } from './process.config.ts';

/** What every service reads. A service extends it with fields of its own. */
export class ServiceConfig extends ProcessConfig {
  @Env('DATABASE_URL')
  @Matches(/^postgres(ql)?:\/\/\S+$/, { message: 'must be postgres://user:password@host:port/database' })
  databaseUrl!: string;

  /** `nats://host:4222` addresses, separated by commas. */
  @Env('NATS_SERVERS', { parse: commaList })
  @ArrayNotEmpty({ message: 'must name at least one server, like nats://host:4222' })
  @Matches(/^(nats|tls):\/\/\S+$/, {
    each: true,
    message: 'must be a comma list of nats:// or tls:// addresses',
  })
  natsServers!: string[];

  /** User and password for NATS, where it asks for them. */
  @Env('NATS_USER', { default: '' })
  @IsString()
  natsUser!: string;

  @Env('NATS_PASSWORD', { default: '' })
  @IsString()
  natsPassword!: string;

  /** Names this process among the instances of its service. */
  @Env('INSTANCE', { default: `${hostname()}-${String(process.pid)}` })
  @Matches(/^[A-Za-z0-9_.-]{1,128}$/, { message: 'must be 1 to 128 letters, digits, "-", "_" or "."' })
  instance!: string;

  /** `apply` creates and updates the streams that the service owns; `verify` changes nothing and refuses a difference. */
  @Env('PROVISION', { default: 'apply' })
  @IsIn(['apply', 'verify'])
  provision!: 'apply' | 'verify';

  /** Replicas of the streams that the service owns: 1 on a single server, 3 in a cluster. */
  @Env('STREAM_REPLICAS', { default: 1 })
  @IsInt()
  @Min(1)
  @Max(5)
  replicas!: number;

  /** How long a boot waits for NATS, and for streams of other services. A refusal ends it at once. */
  @Env('BOOT_TIMEOUT_MS', { default: 30_000 })
  @IsInt()
  @Min(0)
  @Max(2_147_483_647)
  bootTimeoutMs!: number;

  /** `auto` takes messages once the process has started; `off` makes a process that only serves HTTP. */
  @Env('INTAKE', { default: 'auto' })
  @IsIn(['auto', 'off'])
  intake!: 'auto' | 'off';

  /**
   * What `/health/ready` is about. `http`: requests can be served, whatever the broker does. `messaging`, for a process
   * without HTTP customers: messages are being consumed as well.
   */
  @Env('READINESS', { default: 'http' })
  @IsIn(['http', 'messaging'])
  readiness!: 'http' | 'messaging';

  /** Whether this process may publish the outbox of its service. At least one must. */
  @Env('RELAY', { default: true })
  @IsBoolean({ message: 'must be true or false' })
  relay!: boolean;

  /**
   * Messages that may wait at the broker for an instance before `/health/messaging` says that it is too far behind.
   */
  @Env('MAX_LAG_MESSAGES', { default: 100_000 })
  @IsInt()
  @Min(0)
  maxLagMessages!: number;

  /**
   * Whether operators are served below `/messaging`: dead letters, blocked keys, streams, consumers, outbox. It shows
   * bodies of messages and asks nobody for a password: where HOST can be reached from outside, turn it off or keep
   * others away by a network policy.
   */
  @Env('MESSAGING_ADMIN', { default: true })
  @IsBoolean({ message: 'must be true or false' })
  messagingAdmin!: boolean;

  /** Size limit of each stream that the service owns, in bytes. The server reserves that much disk. A full stream takes no more events until old ones expire. */
  @Env('STREAM_MAX_BYTES', { default: 1_073_741_824 })
  @IsInt()
  @Min(1_048_576)
  @Max(Number.MAX_SAFE_INTEGER)
  streamMaxBytes!: number;

  /** How long the answer to an Idempotency-Key is kept: a request that comes again later is a new one. Default: a day. */
  @Env('IDEMPOTENCY_KEEP_MS', { default: 86_400_000 })
  @IsInt()
  @Min(60_000)
  @Max(31_536_000_000)
  idempotencyKeepMs!: number;
}
