import 'reflect-metadata';

export interface EnvOptions {
  /** Used when the variable is unset or empty. Without one the variable is required. */
  default?: unknown;
  /** Turns the text into the field's value. Default: by the field's type (string, number or boolean). */
  parse?: (text: string) => unknown;
}

export interface EnvField {
  property: string;
  variable: string;
  default: unknown;
  parse: (text: string) => unknown;
}

/** By the prototype of the class that declares them. */
const FIELDS = new WeakMap<object, EnvField[]>();

/**
 * Reads the field from an environment variable. What may be in it is said by class-validator decorators on the same
 * field; `readConfig` checks them.
 *
 *     @Env('PORT') @IsInt() @Min(0) @Max(65_535)
 *     port!: number;
 */
export function Env(variable: string, options: EnvOptions = {}): PropertyDecorator {
  return (target, property) => {
    const type: unknown = Reflect.getMetadata('design:type', target, property);
    const field: EnvField = {
      property: String(property),
      variable,
      default: options.default,
      parse: options.parse ?? parserOf(type),
    };
    FIELDS.set(target, [...(FIELDS.get(target) ?? []), field]);
  };
}

/** The fields of a configuration, inherited ones first. */
export function envFields(config: object): EnvField[] {
  const prototype = Reflect.getPrototypeOf(config);
  return prototype === null ? [] : [...envFields(prototype), ...(FIELDS.get(prototype) ?? [])];
}

/** `a, b ,c` -> ['a', 'b', 'c'] */
export function commaList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function parserOf(type: unknown): (text: string) => unknown {
  if (type === Number) return parseNumber;
  if (type === Boolean) return parseBoolean;
  return (text) => text;
}

// Number('') is 0 and Number('0x10') is 16: neither is what somebody meant to configure.
function parseNumber(text: string): number {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
}

// What is neither stays text, so that @IsBoolean() refuses it.
function parseBoolean(text: string): boolean | string {
  return text === 'true' || (text === 'false' ? false : text);
}
