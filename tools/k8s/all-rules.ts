import { operatingRules } from './operating.rules.ts';
import { probeRules } from './probe.rules.ts';
import { securityRules } from './security.rules.ts';
import { settingRules } from './setting.rules.ts';
import type { Rule } from './rule.ts';
import { schemaViolations } from './schema.check.ts';
import { wiringRules } from './wiring.rules.ts';

export const allRules: readonly Rule[] = [
  {
    name: 'every object fits its Kubernetes schema',
    find: ({ manifests }) => manifests.flatMap(schemaViolations),
  },
  ...probeRules,
  ...settingRules,
  ...wiringRules,
  ...securityRules,
  ...operatingRules,
];
