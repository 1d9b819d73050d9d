import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ProblemFilter } from '../problem/problem.filter.ts';
import { validationPipe } from '../problem/validation.pipe.ts';
import { refuseUnreadable, refuseUnroutable } from '../problem/early-refusal.ts';
import { HalfSentRequests } from './half-sent-requests.ts';
import { ProcessState } from './process-state.ts';
import { refuseDeepBodies } from './refuse-deep-bodies.ts';
import { checkRawInput } from './check-raw-input.ts';
import { allowLargerBodies, BODY_LIMIT_BYTES, MAX_PARAM_LENGTH } from './route-limits.ts';

/** From the first byte of a request to its last. Fastify's default, 0, would switch Node's own limit off. */
const REQUEST_TIMEOUT_MS = 30_000;
/** How often Node looks for requests that take longer. */
const CHECK_INTERVAL_MS = 5_000;

/** Time limits of each server of the process. */
export const SERVER_LIMITS = {
  requestTimeout: REQUEST_TIMEOUT_MS,
  headersTimeout: REQUEST_TIMEOUT_MS,
  connectionsCheckingInterval: CHECK_INTERVAL_MS,
};

export function fastifyAdapter(): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: SERVER_LIMITS,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    frameworkErrors: refuseUnroutable,
    clientErrorHandler: refuseUnreadable,
  });
}

/**
 * JSON in and out, problems for errors, validated input. Global for HTTP only: a hybrid application does not hand
 * these to its message handlers unless it is told to.
 */
export function useHttpDefaults(app: NestFastifyApplication): { halfSent: HalfSentRequests } {
  const fastify = app.getHttpAdapter().getInstance();
  // Otherwise a text body reaches the controllers as if it were a value: nothing but JSON is an input here.
  fastify.removeContentTypeParser('text/plain');
  allowLargerBodies(fastify);
  fastify.addHook('preValidation', refuseDeepBodies);
  fastify.addHook('preValidation', checkRawInput);
  const halfSent = new HalfSentRequests();
  halfSent.watch(fastify.server);
  fastify.addHook('preClose', async () => halfSent.giveUp());
  // Closing ends idle connections once, at its start: one that is busy then would stay for its whole keep-alive time.
  const state = app.get(ProcessState);
  fastify.addHook('onSend', async (_request, reply) => {
    if (state.phase === 'draining') reply.header('connection', 'close');
  });
  app.useGlobalFilters(new ProblemFilter());
  app.useGlobalPipes(validationPipe);
  return { halfSent };
}
