import { definePart } from './protocol.ts';

/** Does nothing. */
export const part = definePart<object>({
  start: async () => ({
    go: async () => ({ count: 0, ms: 0 }),
    stop: async () => undefined,
  }),
});
