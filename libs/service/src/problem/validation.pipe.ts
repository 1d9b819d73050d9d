import { type ValidationError, ValidationPipe } from '@nestjs/common';
import { type FieldError, Problem } from './problem.exception.ts';

const MAX_ERRORS = 100;

/**
 * The pipe that every process uses: unknown fields are refused, nothing is converted silently, and what is well formed
 * but not allowed is a 422 problem that names each field by its path.
 */
export const validationPipe = new ValidationPipe({
  whitelist: true,
  forbidNonWhitelisted: true,
  transform: true,
  transformOptions: { enableImplicitConversion: false },
  exceptionFactory: (errors: ValidationError[]) => invalidContent(fieldErrors(errors)),
});

/** 422: the request is well formed, but these fields are not allowed as they are. */
export function invalidContent(errors: readonly FieldError[]): Problem {
  const shown = errors.slice(0, MAX_ERRORS);
  const detail =
    shown.length === 1
      ? `${shown[0]?.field ?? ''}: ${shown[0]?.message ?? ''}`
      : `${String(errors.length)} fields are not valid.`;
  return new Problem({ status: 422, detail, errors: shown });
}

function fieldErrors(errors: readonly ValidationError[], parent = ''): FieldError[] {
  return errors.flatMap((error) => {
    const field = parent === '' ? error.property : `${parent}.${error.property}`;
    const own = Object.values(error.constraints ?? {}).map((text) => ({
      field,
      message: sentence(text, error.property),
    }));
    return [...own, ...fieldErrors(error.children ?? [], field)];
  });
}

// The field is named beside the message; class-validator names it again, without its path.
function sentence(text: string, property: string): string {
  return text
    .replace(`property ${property} should not exist`, 'is not a known field')
    .replace(`${property} `, '');
}
