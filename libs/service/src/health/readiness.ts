import type { HealthIndicatorResult } from '@nestjs/terminus';

/** One question of `/health/ready`. It answers within a second or so, and without addresses or credentials. */
export type ReadinessCheck = () => Promise<HealthIndicatorResult> | HealthIndicatorResult;

/** Injection token of the checks that a process answers for. */
export const READINESS_CHECKS = Symbol('orderflow:readiness-checks');
