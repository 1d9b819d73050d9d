import { Redis } from 'ioredis';

/** Without auto-pipelining: contestants make their own pipelines, of a printed size. */
export function connectRedis(url: string): Redis {
  return new Redis(url, { maxRetriesPerRequest: null });
}
