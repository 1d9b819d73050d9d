import { JetStreamApiError } from '@nats-io/jetstream';
import { AuthorizationError, UserAuthenticationExpiredError } from '@nats-io/transport-node';
import { MessagingError } from '../errors/messaging-error.ts';

/** nats-server: "JetStream system temporarily unavailable", no leader, and no peers for a stream yet (cluster starting). */
const NOT_YET = new Set([10_008, 10_009, 10_014]);
const NO_SUITABLE_PEERS = 10_005;

/** OpenSSL and Node name what is wrong with a certificate by these, or by ERR_TLS_ and ERR_SSL_ codes. */
const CERTIFICATE =
  /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT|UNABLE_TO_(GET|VERIFY|DECRYPT|DECODE))/;

/**
 * What the server refused for good, in its own words; undefined when it may only not be there yet: another try may
 * succeed then.
 */
export function brokerRefusal(error: unknown): MessagingError | undefined {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    const remedy = remedyOf(cause);
    if (remedy !== undefined) {
      return new MessagingError('BROKER_REFUSED', `NATS refused: ${words(cause)}.`, { remedy, cause: error });
    }
  }
  return undefined;
}

function remedyOf(error: Error): string | undefined {
  if (error instanceof AuthorizationError || error instanceof UserAuthenticationExpiredError)
    return 'Correct user, password or credentials, or the permissions of this user at nats-server.';
  if (error instanceof JetStreamApiError) return remedyOfApi(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (CERTIFICATE.test(code)) return 'Correct the certificates: see natsAccess.tls, and the server name.';
  return undefined;
}

/** By the server's classes of errors: 4xx is a refusal; of 5xx only what names a limit or a setting is one. */
function remedyOfApi(error: JetStreamApiError): string | undefined {
  const { code, status } = error;
  if (NOT_YET.has(code)) return undefined;
  if (code === NO_SUITABLE_PEERS && !/insufficient/i.test(error.message)) return undefined;
  if (/insufficient|maximum|exceeded|resource limits/i.test(error.message))
    return 'Give nats-server more room, or lower streamMaxBytes or replicas.';
  if (/replicas/i.test(error.message))
    return 'Set replicas to what the cluster has: 1 on a single server, 3 in a cluster of three.';
  if (/overlap/i.test(error.message))
    return 'Another stream stores these subjects: delete it, or choose another prefix.';
  if (/not enabled/i.test(error.message)) return 'Enable JetStream at nats-server and for this account.';
  return status >= 400 && status < 500 && status !== 404 && status !== 408
    ? 'Correct the setting that the server names.'
    : undefined;
}

function words(error: Error): string {
  return error.message.replace(/[.\s]+$/, '');
}
