export { eventually, type EventuallyOptions } from './eventually.ts';
export { freshDatabase, type FreshDatabase } from './fresh-database.ts';
export { promotedBytes } from './promoted-bytes.ts';
export { temporaryDirectory, type TemporaryDirectory } from './temporary-directory.ts';
export { testNatsCluster } from './test-nats-cluster.ts';
export { testNats } from './test-nats.ts';
export { testPostgres } from './test-postgres.ts';
export { typescriptArguments } from './typescript-child.ts';
