/** Milliseconds since 1970 with a fraction: the same clock in every process of the machine, never set back while it runs. */
export const timeOfDay = (): number => performance.timeOrigin + performance.now();
