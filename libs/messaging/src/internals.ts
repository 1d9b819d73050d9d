/**
 * Parts of the library for those who measure it: `bench/` alone may import them (tools/lint/boundaries.ts). They promise nothing to
 * anyone else: an event that is published past the outbox is not part of any transaction.
 */
export { type Broker, connectBroker } from './broker/broker.ts';
export type { ReceivedMessage } from './message/received-message.ts';
export { LaneSet } from './processing/lane-set.ts';
export { orderedConsumer } from './intake/durable-consumers.ts';
export { PartitionIntake } from './intake/partition-intake.ts';
export { SETTLED } from './processing/settlement.ts';
export { MESSAGING_MIGRATIONS } from './runtime/migrations.ts';
export type { Lease } from './ownership/fence.ts';
export { PublishRules } from './outbox/publish-rules.ts';
export { Relaying } from './relay/relaying.ts';
export { type PublishedMark, RelayStore } from './relay/relay-store.ts';
export { BatchPublisher } from './publisher/batch-publisher.ts';
export type { OutgoingMessage } from './publisher/outgoing-message.ts';
export { Publisher, type PublisherOptions } from './publisher/publisher.ts';
export { type DesiredConsumer, ensureConsumer } from './topology/consumer-config.ts';
export { Provisioner } from './topology/provisioner.ts';
