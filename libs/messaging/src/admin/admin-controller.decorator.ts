import {
  applyDecorators,
  Controller,
  HttpStatus,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common';
import { ApiTags, ApiUnprocessableEntityResponse } from '@nestjs/swagger';
import { AdminErrorsInterceptor } from './admin-errors.interceptor.ts';

/** A controller below `/messaging`, with its input checked whatever pipes the application has. */
export function AdminController(path: string): ClassDecorator {
  const checks = new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    errorHttpStatusCode: HttpStatus.UNPROCESSABLE_ENTITY,
  });
  return applyDecorators(
    ApiTags('messaging'),
    ApiUnprocessableEntityResponse({
      description: 'Validation failed; `errors` lists the invalid fields.',
    }),
    Controller(path),
    UsePipes(checks),
    UseInterceptors(AdminErrorsInterceptor),
  );
}
