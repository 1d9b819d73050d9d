import type { HealthIndicatorResult } from '@nestjs/terminus';

/** One question of a health endpoint. It answers within a second or so, and without addresses or credentials. */
export type HealthCheck = () => Promise<HealthIndicatorResult> | HealthIndicatorResult;

/** Injection token of what `/health/ready` asks beside the phase of the process. */
export const READINESS_CHECKS = Symbol('orderflow:readiness-checks');

/** Injection token of what `/health/messaging` asks. */
export const MESSAGING_CHECKS = Symbol('orderflow:messaging-checks');
