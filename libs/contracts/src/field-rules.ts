// Type of class-transformer reads design types through it, when the first contract is defined.
import 'reflect-metadata';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  isEmail,
  IsInt,
  IsISO8601,
  IsObject,
  Matches,
  Max,
  Min,
  ValidateBy,
  ValidateNested,
} from 'class-validator';

/**
 * A user id is a token of the subject a fact is published on, so it holds nothing that splits or widens one
 * (`.`, `*`, `>`, blanks).
 */
export const USER_ID_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

/** A stock keeping unit: what is sold and counted. */
export const SKU_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

/** Least and most pieces of one SKU in one line of an order. */
export const LINE_QUANTITY = { min: 1, max: 1_000 } as const;

/** Least and most lines of one order. */
export const ORDER_LINES = { min: 1, max: 100 } as const;

/** Most pieces of one SKU in one order: every line may name the same SKU. */
export const ORDER_QUANTITY_MAX = LINE_QUANTITY.max * ORDER_LINES.max;

const REFERENCE_PATTERN = /^[A-Za-z0-9_-]{1,128}$/;
const VISIBLE_ASCII_PATTERN = /^[\x21-\x7e]{1,255}$/;
const UTC_TIME_PATTERN = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/;

export function IsUserId(): PropertyDecorator {
  return Matches(USER_ID_PATTERN, { message: '$property must be 1 to 64 letters, digits, "-" or "_"' });
}

export function IsSku(): PropertyDecorator {
  return Matches(SKU_PATTERN, { message: '$property must be 1 to 64 letters, digits, "-" or "_"' });
}

/** An id that another system gave: a payment, a parcel. */
export function IsReference(): PropertyDecorator {
  return Matches(REFERENCE_PATTERN, { message: '$property must be 1 to 128 letters, digits, "-" or "_"' });
}

/** An e-mail address. `IsEmail` alone throws on half of a surrogate pair, where others find the value invalid. */
export function IsEmailAddress(): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isEmailAddress',
      validator: { validate: (value) => typeof value === 'string' && value.isWellFormed() && isEmail(value) },
    },
    { message: '$property must be an email' },
  );
}

/** An opaque token of the payment provider: never looked into, never logged. */
export function IsPaymentToken(): PropertyDecorator {
  return Matches(VISIBLE_ASCII_PATTERN, { message: '$property must be 1 to 255 visible ASCII characters' });
}

/** A moment in UTC, as `Date.prototype.toISOString` writes it; a day that does not exist is refused. */
export function IsUtcTime(): PropertyDecorator {
  return allOf(
    IsISO8601({ strict: true }),
    Matches(UTC_TIME_PATTERN, { message: '$property must be a UTC time like 2026-01-31T12:00:00.000Z' }),
  );
}

/**
 * One object of another shape. `ValidateNested` alone takes an array of such objects too, even an empty one, and looks
 * no further at `null`: hence `IsObject`.
 */
export function IsNested(shape: () => new () => object): PropertyDecorator {
  return allOf(IsObject(), ValidateNested(), Type(shape));
}

/** A list of objects of another shape; both sizes are allowed. */
export function IsNestedList(
  shape: () => new () => object,
  size: { min: number; max: number },
): PropertyDecorator {
  return allOf(
    IsArray(),
    ArrayMinSize(size.min),
    ArrayMaxSize(size.max),
    IsObject({ each: true }),
    ValidateNested({ each: true }),
    Type(shape),
  );
}

/** Both ends are allowed values. */
export function IsIntegerBetween(min: number, max: number): PropertyDecorator {
  return allOf(IsInt(), Min(min), Max(max));
}

function allOf(...rules: readonly PropertyDecorator[]): PropertyDecorator {
  return (target, property) => {
    for (const rule of rules) rule(target, property);
  };
}
