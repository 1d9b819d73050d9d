import { validateSync, type ValidationError } from 'class-validator';
import { ConfigError, type ConfigProblem } from './config-error.ts';
import { type EnvField, envFields } from './env.decorator.ts';
import { shownValue } from './shown-value.ts';

/**
 * Makes a configuration from the environment. An unset variable and an empty one are the same: compose files and
 * manifests cannot unset one. Variables that no field names are ignored.
 *
 * @throws ConfigError naming every variable that is missing or wrong, what was found and what is allowed
 */
export function readConfig<T extends object>(cls: new () => T, env: NodeJS.ProcessEnv = process.env): T {
  const config = new cls();
  const fields = envFields(config);
  for (const field of fields) Object.assign(config, { [field.property]: valueOf(field, env) });
  const errors = validateSync(config, { forbidUnknownValues: true, stopAtFirstError: false });
  if (errors.length > 0) throw new ConfigError(errors.map((error) => problemOf(error, fields, env)));
  return Object.freeze(config);
}

function valueOf(field: EnvField, env: NodeJS.ProcessEnv): unknown {
  const text = env[field.variable]?.trim() ?? '';
  return text === '' ? field.default : field.parse(text);
}

function problemOf(error: ValidationError, fields: EnvField[], env: NodeJS.ProcessEnv): ConfigProblem {
  const variable = fields.find(({ property }) => property === error.property)?.variable ?? error.property;
  const messages = Object.values(error.constraints ?? { invalid: `${error.property} is invalid` });
  return {
    variable,
    found: shownValue(variable, env[variable]),
    allowed: messages.map((message) => withoutName(message, error.property)).join(', '),
  };
}

// class-validator begins its messages with the property's name; readers know the variable's name only.
function withoutName(message: string, property: string): string {
  return message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;
}
