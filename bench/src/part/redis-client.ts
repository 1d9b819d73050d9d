import { Redis } from 'ioredis';

/**
 * Without auto-pipelining: contestants make their own pipelines, of a printed size. RESP2, whose answers have the shape that Redis'
 * documentation shows.
 */
export function connectRedis(url: string): Redis {
  return new Redis(url, { maxRetriesPerRequest: null, protocol: 2 });
}
