import { type PartHandle, startPart } from '../part/part-handle.ts';
import type { Addresses } from '../servers/server-kind.ts';
import { profileNats } from './profile-nats.ts';
import type { Contestant, Figures } from './workload.ts';

/** A turn that hangs must end the contestant, not the night. */
const turnTimeoutMs = 300_000;

export interface TurnSettings {
  readonly addresses: Addresses;
  readonly id: string;
  readonly quick: boolean;
  readonly signal: AbortSignal;
  readonly profileTo?: string | undefined;
}

/** Runs a contestant once, and ends every part that it has started, however the turn goes. */
export async function takeTurn(contestant: Contestant, settings: TurnSettings): Promise<Figures> {
  const { addresses, id, profileTo } = settings;
  if (profileTo === undefined || !contestant.servers.includes('nats')) return await run(contestant, settings);
  const endProfile = profileNats(addresses.natsProfiler, profileTo, id);
  try {
    const figures = await run(contestant, settings);
    await endProfile();
    return figures;
  } catch (error) {
    // Why the turn failed counts, not what became of its profile.
    await Promise.allSettled([endProfile()]);
    throw error;
  }
}

async function run(contestant: Contestant, settings: TurnSettings): Promise<Figures> {
  const { addresses, id, quick, profileTo } = settings;
  const signal = AbortSignal.any([settings.signal, AbortSignal.timeout(turnTimeoutMs)]);
  const parts = new Set<PartHandle>();
  const over = Promise.withResolvers<never>();
  const giveUp = (): void => {
    over.reject(signal.reason);
    for (const part of parts) void part.kill();
  };
  over.promise.catch(() => {
    // Nobody waits for it when the turn itself has failed first.
  });
  signal.addEventListener('abort', giveUp);
  const work = contestant.turn({
    addresses,
    id,
    quick,
    signal,
    warmUpMs: quick ? 500 : 1_000,
    measuredMs: quick ? 1_000 : 3_000,
    startPart: async (module, options) => {
      const part = await startPart({ module, options, profileTo });
      parts.add(part);
      if (signal.aborted) await part.kill();
      signal.throwIfAborted();
      return part;
    },
  });
  try {
    return await Promise.race([work, over.promise]);
  } finally {
    signal.removeEventListener('abort', giveUp);
    // Its parts are gone, so it ends; why, is known already.
    if (signal.aborted) await Promise.allSettled([work]);
    await Promise.all([...parts].map((part) => part.stop()));
  }
}
