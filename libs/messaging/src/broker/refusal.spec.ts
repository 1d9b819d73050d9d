import { describe, expect, it } from '@jest/globals';
import { JetStreamApiError } from '@nats-io/jetstream';
import { AuthorizationError, ConnectionError, TimeoutError } from '@nats-io/transport-node';
import { brokerRefusal } from './refusal.ts';

function fromApi(code: number, errCode: number, description: string): Error {
  return new JetStreamApiError({ code, err_code: errCode, description });
}

function withCode(code: string): Error {
  return Object.assign(new Error(`the server said ${code}`), { code });
}

function causedBy(cause: Error): Error {
  return new Error('could not connect', { cause });
}

describe('what the server refuses for good', () => {
  it.each([
    ['a wrong password', new AuthorizationError('Authorization Violation'), /password/],
    [
      'the same, as the cause of another error',
      causedBy(new AuthorizationError('Authorization Violation')),
      /password/,
    ],
    ['a self-signed certificate', causedBy(withCode('DEPTH_ZERO_SELF_SIGNED_CERT')), /certificate/],
    ['a certificate of another host', withCode('ERR_TLS_CERT_ALTNAME_INVALID'), /certificate/],
    ['a certificate that is over', withCode('CERT_HAS_EXPIRED'), /certificate/],
    ['a certificate of an unknown authority', withCode('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), /certificate/],
    ['too many copies', fromApi(500, 10_074, 'replicas > 1 not supported in non-clustered mode'), /replicas/],
    ['too little room', fromApi(500, 10_047, 'insufficient storage resources available'), /streamMaxBytes/],
    [
      'subjects of another stream',
      fromApi(400, 10_065, 'subjects overlap with an existing stream'),
      /prefix/,
    ],
    ['an account without JetStream', fromApi(503, 10_039, 'jetstream not enabled for account'), /Enable/],
    ['a setting that it does not take', fromApi(400, 10_052, 'invalid stream configuration'), /setting/],
  ])('is named with its words and a remedy: %s', (_, error, remedy) => {
    const innermost = error.cause instanceof Error ? error.cause : error;
    expect(brokerRefusal(error)).toMatchObject({
      code: 'BROKER_REFUSED',
      message: expect.stringContaining(innermost.message),
      remedy: expect.stringMatching(remedy),
      cause: error,
    });
  });
});

describe('what may only not be there yet', () => {
  it.each([
    ['no listener', withCode('ECONNREFUSED')],
    ['a name that is not known yet', withCode('ENOTFOUND')],
    ['an end of the connection', new ConnectionError('connection closed')],
    ['no answer', new TimeoutError()],
    ['a cluster without a leader', fromApi(503, 10_009, 'JetStream cluster not enough peers')],
    ['JetStream that is starting', fromApi(503, 10_008, 'JetStream system temporarily unavailable')],
    ['too few nodes so far', fromApi(400, 10_005, 'no suitable peers for placement')],
    ['a stream that another service will create', fromApi(404, 10_059, 'stream not found')],
    ['something that is no error', 'a string'],
  ])('is waited for: %s', (_, error) => {
    expect(brokerRefusal(error)).toBeUndefined();
  });
});
