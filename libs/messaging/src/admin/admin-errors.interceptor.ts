import {
  type CallHandler,
  ConflictException,
  type ExecutionContext,
  type NestInterceptor,
  NotFoundException,
  ServiceUnavailableException,
} from '@nestjs/common';
import { catchError, type Observable, throwError } from 'rxjs';
import { MessagingError } from '../errors/messaging-error.ts';

/** Refusals of the library as HTTP refusals, in whatever form the application answers those. Each says what to do. */
export class AdminErrorsInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(catchError((error: unknown) => throwError(() => refusalOf(error))));
  }
}

function refusalOf(error: unknown): unknown {
  if (!(error instanceof MessagingError)) return error;
  const cause = { cause: error };
  if (error.code === 'NOT_FOUND') return new NotFoundException(error.message, cause);
  if (error.code === 'HANDLER_INVALID' || error.code === 'COUNT_DIFFERS') {
    return new ConflictException(error.message, cause);
  }
  if (error.code === 'BROKER_UNREACHABLE') return new ServiceUnavailableException(error.message, cause);
  return error;
}
