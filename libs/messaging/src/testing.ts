/**
 * For tests of services that use the library: `import { MessagingTestKit } from '@orderflow/messaging/testing'`.
 */
export type { CrashPoint } from './test-kit/crash-point.ts';
export type { FinalState, PublishedEvent } from './test-kit/message-outcome.ts';
export type { TestMessageOptions } from './test-kit/test-message.ts';
export {
  type Delivered,
  type DeliverOptions,
  MessagingTestKit,
  type TestKitOptions,
} from './test-kit/test-kit.ts';
