/**
 * The layers of a library, as data: folders of its `src`, the top one first. A folder imports itself and those after it;
 * the lint rule `orderflow/layer` reads this table. Files directly in `src` are doors: they import any folder, and no
 * folder imports them. Specs and their support are free: they run a part with all that is around it.
 */
export const layers: Readonly<Record<string, readonly string[]>> = {
  // Each line is a layer of the design. Inside a line the order is what the code needs, so that no two folders know each other.
  'libs/messaging': [
    // Doors. The test kit registers handlers as `nest` does; `nest` provides the metrics and the health; `admin` shows figures of `observability`.
    ...['test-kit', 'nest', 'admin', 'observability'],
    // One running instance, and all that is put together for it.
    'runtime',
    'processing',
    // An unknown event becomes a dead letter. A dead letter may be of a deferred message, and what follows it is deferred.
    ...['unknown-events', 'dead-letter', 'deferred'],
    // Intake takes what the routes ask for.
    ...['intake', 'routing', 'relay'],
    ...['outbox', 'inbox', 'ownership', 'message'],
    'topology',
    ...['publisher', 'broker', 'contract'],
    // `timing` throws an error when a wait is aborted.
    ...['timing', 'errors', 'collections', 'log'],
  ],
};
