import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';

/** Media type of every refusal. */
export const PROBLEM_TYPE = 'application/problem+json';

export interface FieldError {
  /** Dotted path into the body, as in `lines.0.quantity`; a header or a query parameter by its name. */
  field: string;
  message: string;
}

export interface ProblemOptions {
  status: number;
  /** What went wrong this time, for the reader; never internals. */
  detail?: string;
  /** The same for every problem of this type. Default: the status' own text. */
  title?: string;
  /** URI of the problem's type. Default `about:blank`: no more than the status says. */
  type?: string;
  errors?: readonly FieldError[];
  /** Extension members (RFC 9457, 3.2), for callers that decide by more than the status. */
  extensions?: Readonly<Record<string, unknown>>;
  cause?: unknown;
}

/** RFC 9457 problem details, as sent with `application/problem+json`. */
export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  detail?: string;
  /** `urn:uuid:…` of this occurrence; the log has the same id when the fault is the server's. */
  instance: string;
  errors?: readonly FieldError[];
  [extension: string]: unknown;
}

/** Throw it in an HTTP controller: the answer is a problem with this status. */
export class Problem extends HttpException {
  readonly title: string;
  readonly type: string;
  readonly detail: string | undefined;
  readonly errors: readonly FieldError[] | undefined;
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(options: ProblemOptions) {
    const title = options.title ?? STATUS_CODES[options.status] ?? 'Error';
    super(options.detail ?? title, options.status, { cause: options.cause });
    this.title = title;
    this.type = options.type ?? 'about:blank';
    this.detail = options.detail;
    this.errors = options.errors;
    this.extensions = options.extensions ?? {};
  }

  body(instance: string): ProblemBody {
    return {
      ...this.extensions,
      type: this.type,
      title: this.title,
      status: this.getStatus(),
      ...(this.detail !== undefined && { detail: this.detail }),
      instance,
      ...(this.errors !== undefined && { errors: this.errors }),
    };
  }
}
