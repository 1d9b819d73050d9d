import { eventually } from './eventually.ts';

/** What this needs of a `JetStreamManager`. */
interface StreamUpdates {
  streams: { update(stream: string, config: { duplicate_window: number }): Promise<unknown> };
}

/** nats-server takes 0 for its default of two minutes, and nothing below this. */
const SHORTEST_WINDOW_MS = 100;

/**
 * Has a stream store a message once more whose id it still knows: publishes until `publish` answers true, for stored.
 *
 * The duplicate window is changed before each attempt. nats-server forgets ids when a window changes, at times by the
 * one before, and after one change not always again; and a relay that has just got its lease sets the window of old.
 */
export async function storedAgain(
  { streams }: StreamUpdates,
  stream: string,
  publish: () => Promise<boolean>,
): Promise<void> {
  let windowMs = SHORTEST_WINDOW_MS;
  const stored = async (): Promise<boolean> => {
    windowMs = windowMs === SHORTEST_WINDOW_MS ? SHORTEST_WINDOW_MS + 1 : SHORTEST_WINDOW_MS;
    await streams.update(stream, { duplicate_window: windowMs * 1_000_000 });
    return await publish();
  };
  await eventually(stored, { what: `${stream} stores another copy` });
}
