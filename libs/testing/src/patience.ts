/**
 * How long tests wait. None of these says how fast anything is: a condition that never becomes true fails its test
 * anyway, and a busy machine must make a run longer, not red. A test of a deadline sets that deadline itself.
 */

/** For a condition to become true. */
export const PATIENCE_MS = 60_000;

/** For one request, so that a condition which asks can ask again after an answer that was lost. */
export const ANSWER_PATIENCE_MS = 20_000;

/** For one test or hook: more than the conditions in it, so that the failure names the condition. */
export const TEST_PATIENCE_MS = 5 * PATIENCE_MS;
