import { randomUUID } from 'node:crypto';
import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Observable, throwError } from 'rxjs';
import { Problem, PROBLEM_TYPE } from './problem.exception.ts';
import { problemOf } from './problem-of.ts';

/**
 * Answers every error of an HTTP request with problem details. Message handlers are another matter: their errors pass
 * through unchanged, because a retry is decided by the error's type.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger = new Logger(ProblemFilter.name);

  catch(error: unknown, host: ArgumentsHost): Observable<never> | undefined {
    if (host.getType() !== 'http') return throwError(() => error);
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const problem = problemOf(error);
    const instance = `urn:uuid:${randomUUID()}`;
    const status = problem.getStatus();
    if (status >= 500) {
      const fields = { problem: instance, status, method: request.method, route: request.routeOptions.url };
      // A problem that was thrown on purpose has said why; anything else is a fault of ours.
      if (error instanceof Problem)
        this.#logger.warn({ msg: 'request refused', ...fields, detail: problem.detail });
      else this.#logger.error({ msg: 'request failed', ...fields, err: error });
    }
    if (reply.sent) return undefined;
    if (status === 503) reply.header('retry-after', '1');
    void reply
      .code(status)
      .type(PROBLEM_TYPE)
      .send(JSON.stringify(problem.body(instance)));
    return undefined;
  }
}
