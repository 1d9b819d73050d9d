export { MessagingAdminModule } from './admin/messaging-admin.module.ts';
export type { BrokerAccess } from './broker/broker.ts';
export {
  checkContract,
  contract,
  Contract,
  type ContractClass,
  type ContractInfo,
  contractOf,
  type ContractOptions,
  ContractViolation,
  type Violation,
} from './contract/contract.ts';
export { defineStream, type StreamDefinition } from './contract/stream-definition.ts';
export { DependencyDown } from './processing/breaker.ts';
export { type ErrorClass, type FailureReaction, type FailureRule, onError } from './routing/failure-rule.ts';
export { BatchDelivery } from './routing/batch-delivery.ts';
export { BatchEffect, type BatchWork } from './routing/batch-effect.ts';
export { Delivery } from './routing/delivery.ts';
export type { RetryPolicy } from './routing/retry-policy.ts';
export type { FailurePolicy, HandlerKind } from './routing/router.ts';
export { MessagingHealth } from './observability/messaging-health.ts';
export type { Log } from './log/log.ts';
export {
  MessagingMetrics,
  type ProcessFigures,
  type StoredFigures,
} from './observability/messaging-metrics.ts';
export type { StreamFill } from './observability/stream-fills.ts';
export {
  MessagingError,
  type MessagingErrorCode,
  PoisonMessage,
  RetryAfter,
} from './errors/messaging-error.ts';
export { connectMessaging } from './nest/connect-messaging.ts';
export { JetStreamStrategy } from './nest/jetstream.strategy.ts';
export { MessagingIntake } from './nest/messaging-intake.ts';
export { MessagingModule, type MessagingModuleAsyncOptions } from './nest/messaging.module.ts';
export {
  Subscribe,
  SubscribeBatch,
  type SubscribeBatchOptions,
  type SubscribeOptions,
  SubscribeShared,
  type SubscribeSharedOptions,
} from './nest/subscribe.decorator.ts';
export type { MessagingOptions } from './runtime/options.ts';
export { Outbox } from './outbox/outbox.ts';
export type { SendOptions } from './outbox/outbox-row.ts';
export type { ProvisionMode } from './topology/provisioner.ts';
export { fnv1a32, partitionOf } from './topology/partition.ts';
export { DEAD_LETTERS } from './topology/stream-config.ts';
// So that a handler needs one import.
export { Ctx, Payload } from '@nestjs/microservices';
