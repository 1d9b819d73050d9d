import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { MessagingError } from '../errors/messaging-error.ts';
import { isDeeperThan, skippedFields } from './plain-value.ts';
import type { StreamDefinition } from './stream-definition.ts';

/** A class whose instances are the facts of one contract. */
export type ContractClass<T extends object = object> = new () => T;

export interface ContractOptions<T extends object> {
  stream: StreamDefinition;
  /** Last token of the subject: a fact in the past tense, `created`, `payment-due`. */
  event: string;
  /** Starts at 1; a change that an old reader would misread gets the next. */
  version: number;
  /** What order is kept by. */
  key(event: T): string;
  /** Shown in documentation and used in tests; must itself be valid. */
  example: T;
}

export interface ContractInfo<T extends object = object> extends Readonly<ContractOptions<T>> {
  readonly cls: ContractClass<T>;
  /** CloudEvents `type`: `order.created.v1`. */
  readonly type: string;
}

export interface Violation {
  /** Dotted path of the field: `lines.0.quantity`. */
  path: string;
  message: string;
}

/** Deep enough for any contract; class-transformer and class-validator follow a value by recursion. */
const MAX_DEPTH = 64;

/** Violations that the error's text names; `violations` has all of them. */
const MAX_NAMED = 10;

/** The value is not what its contract says. */
export class ContractViolation extends MessagingError {
  readonly violations: readonly Violation[];

  constructor(type: string, violations: readonly Violation[], options: { cause?: unknown } = {}) {
    const named = violations
      .slice(0, MAX_NAMED)
      .map((violation) => `${violation.path}: ${violation.message}`);
    const rest = violations.length - named.length;
    const list = rest > 0 ? [...named, `and ${String(rest)} more`] : named;
    super('CONTRACT_VIOLATION', `${type} is not valid: ${list.join('; ')}.`, {
      remedy: 'Publish what the contract says, or raise its version.',
      cause: options.cause,
    });
    this.violations = violations;
  }
}

const EVENT = /^[a-z][a-z0-9-]{0,47}$/;
const contracts = new WeakMap<object, ContractInfo>();

/** Makes a class-validator class the contract of one event. */
export function Contract<T extends object>(options: ContractOptions<T>): (cls: ContractClass<T>) => void {
  return (cls) => {
    if (!EVENT.test(options.event)) {
      throw new MessagingError(
        'CONTRACT_INVALID',
        `Event name "${options.event}" must match ${EVENT.source}.`,
        {
          remedy: `Correct the @Contract of ${cls.name}.`,
        },
      );
    }
    const type = `${options.stream.prefix}.${options.event}.v${String(options.version)}`;
    const info: ContractInfo<T> = { ...options, cls, type };
    contracts.set(cls, info);
  };
}

/** @throws MessagingError `CONTRACT_MISSING` when the class carries no `@Contract` */
export function contractOf(cls: ContractClass): ContractInfo {
  return lookUp(cls, cls.name);
}

/** The contract of an event that was made with `contract()` or `new`. */
export function contractOfEvent(event: object): ContractInfo {
  return lookUp(event.constructor, event.constructor.name);
}

function lookUp(cls: object, name: string): ContractInfo {
  const info = contracts.get(cls);
  if (info !== undefined) return info;
  throw new MessagingError('CONTRACT_MISSING', `${name} is not a contract.`, {
    remedy: `Put @Contract({ stream, event, version, key, example }) on the class ${name}.`,
  });
}

/**
 * Turns a plain value into a checked instance.
 *
 * @throws ContractViolation naming every field that is missing, unknown or of the wrong form
 */
export function checkContract<T extends object>(cls: ContractClass<T>, value: unknown): T {
  const { type } = contractOf(cls);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ContractViolation(type, [{ path: '', message: 'must be a JSON object' }]);
  }
  if (isDeeperThan(value, MAX_DEPTH)) {
    throw new ContractViolation(type, [
      { path: '', message: `must not nest deeper than ${String(MAX_DEPTH)}` },
    ]);
  }
  const { instance, errors } = readAs(cls, value);
  const violations = [
    ...errors.flatMap((error) => violationsOf(error, '')),
    ...skippedFields(value, instance),
  ];
  if (violations.length > 0) throw new ContractViolation(type, violations);
  return instance;
}

/** @throws ContractViolation also when a transform or a validator of the contract fails: it will fail for this value each time */
function readAs<T extends object>(
  cls: ContractClass<T>,
  value: object,
): { instance: T; errors: ValidationError[] } {
  try {
    const instance = plainToInstance(cls, value);
    const errors = validateSync(instance, {
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: true,
      validationError: { target: false, value: false },
    });
    return { instance, errors };
  } catch (cause) {
    const name = Error.isError(cause) ? cause.name : 'unknown error';
    throw new ContractViolation(contractOf(cls).type, [{ path: '', message: `cannot be read (${name})` }], {
      cause,
    });
  }
}

/** A checked instance of a contract: `contract(OrderCreated, { userId, … })`. */
export function contract<T extends object>(cls: ContractClass<T>, fields: T): T {
  const event = checkContract(cls, fields);
  checkedAs.set(event, JSON.stringify(event));
  return event;
}

/** Bodies of events that were made with `contract()`, as they were checked. */
const checkedAs = new WeakMap<object, string>();

/**
 * An event and its body. Checks it, unless `contract()` has and it was not changed since.
 *
 * @throws ContractViolation
 */
export function checkedEvent(event: object): { event: object; body: string } {
  const known = checkedAs.get(event);
  if (known !== undefined && known === JSON.stringify(event)) return { event, body: known };
  const checked = checkContract(contractOfEvent(event).cls, event);
  return { event: checked, body: JSON.stringify(checked) };
}

function violationsOf(error: ValidationError, parent: string): Violation[] {
  const path = parent === '' ? error.property : `${parent}.${error.property}`;
  const own = Object.values(error.constraints ?? {}).map((message) => ({ path, message }));
  return [...own, ...(error.children ?? []).flatMap((child) => violationsOf(child, path))];
}
