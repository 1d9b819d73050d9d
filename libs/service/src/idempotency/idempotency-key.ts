import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../problem/problem.exception.ts';

const HEADER = 'Idempotency-Key';
const VISIBLE_ASCII = /^[\x21-\x7e]{1,255}$/;

/**
 * The request's Idempotency-Key, or undefined without one.
 *
 * @throws Problem 400 naming the header unless it is 1 to 255 visible ASCII characters, sent once
 */
export function idempotencyKeyOf(headers: FastifyRequest['headers']): string | undefined {
  const value = headers['idempotency-key'];
  if (value === undefined) return undefined;
  if (typeof value === 'string' && VISIBLE_ASCII.test(value)) return value;
  const message = 'must be 1 to 255 visible ASCII characters, without spaces, sent once';
  throw new Problem({ status: 400, detail: `${HEADER} ${message}.`, errors: [{ field: HEADER, message }] });
}

/** Parameter decorator: `place(@IdempotencyKey() key: string | undefined, @Body() body: PlaceOrder)`. */
export const IdempotencyKey = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  idempotencyKeyOf(context.switchToHttp().getRequest<FastifyRequest>().headers),
);
