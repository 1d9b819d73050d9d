import type { ESLint } from 'eslint';
import { boundary } from './boundary.rule.ts';
import { fileName } from './file-name.rule.ts';
import { injectedClass } from './injected-class.rule.ts';
import { swallowedError } from './swallowed-error.rule.ts';

/** The rules of this workspace that no kept plugin has. */
export const orderflow: ESLint.Plugin = {
  meta: { name: 'orderflow' },
  rules: {
    boundary,
    'file-name': fileName,
    'injected-class': injectedClass,
    'swallowed-error': swallowedError,
  },
};
