export { EmbeddedError, type EmbeddedErrorCode } from './embedded-error.ts';
export { freePort } from './free-port.ts';
export { findNatsServer, type FindNatsServerOptions } from './nats/find-nats-server.ts';
export type { NatsServerBinary, NatsServerSource } from './nats/nats-server-version.ts';
export { startNats, type NatsOptions, type NatsProcess } from './nats/nats.launcher.ts';
export { startPostgres, type PostgresOptions, type PostgresProcess } from './postgres/postgres.launcher.ts';
export { ServerProcess, type ServerOptions } from './server-process.ts';
export type { ReceivedMessage } from './smtp/received-message.ts';
export { startSmtpSink, type SmtpSink, type SmtpSinkOptions } from './smtp/smtp-sink.server.ts';
