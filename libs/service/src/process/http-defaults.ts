import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ProblemFilter } from '../problem/problem.filter.ts';
import { validationPipe } from '../problem/validation.pipe.ts';
import { refuseUnreadable, refuseUnroutable } from '../problem/early-refusal.ts';
import { ProcessState } from './process-state.ts';
import { refuseDeepBodies } from './refuse-deep-bodies.ts';

export const BODY_LIMIT_BYTES = 256 * 1024;

export function fastifyAdapter(): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    frameworkErrors: refuseUnroutable,
    clientErrorHandler: refuseUnreadable,
  });
}

/**
 * JSON in and out, problems for errors, validated input. Global for HTTP only: a hybrid application does not hand
 * these to its message handlers unless it is told to.
 */
export function useHttpDefaults(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  // Otherwise a text body reaches the controllers as if it were a value: nothing but JSON is an input here.
  fastify.removeContentTypeParser('text/plain');
  fastify.addHook('preValidation', refuseDeepBodies);
  // Closing ends idle connections once, at its start: one that is busy then would stay for its whole keep-alive time.
  const state = app.get(ProcessState);
  fastify.addHook('onSend', async (_request, reply) => {
    if (state.phase === 'draining') reply.header('connection', 'close');
  });
  app.useGlobalFilters(new ProblemFilter());
  app.useGlobalPipes(validationPipe);
}
