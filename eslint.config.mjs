import { configFor } from './tools/lint/lint-config.ts';

export default configFor(import.meta.dirname);
