import type { ESLint } from 'eslint';
import { boundary } from './boundary.rule.ts';
import { fileName } from './file-name.rule.ts';
import { importCycle } from './import-cycle.rule.ts';
import { injectedClass } from './injected-class.rule.ts';
import { layer } from './layer.rule.ts';
import { swallowedError } from './swallowed-error.rule.ts';

/** The rules of this workspace that no kept plugin has. */
export const orderflow: ESLint.Plugin = {
  meta: { name: 'orderflow' },
  rules: {
    boundary,
    'file-name': fileName,
    'import-cycle': importCycle,
    'injected-class': injectedClass,
    layer,
    'swallowed-error': swallowedError,
  },
};
