import { Database } from '@orderflow/database';
import { setTimeout as delay } from 'node:timers/promises';
import { EffectCounter } from '../effects/effect-counter.ts';
import { bootEffectService } from '../effects/effect-service.ts';
import { definePart } from '../part/protocol.ts';
import { OrderedCaller, SharedCaller } from './calling.handlers.ts';
import { RemoteService } from './remote-service.ts';

export interface ScaleOptions {
  readonly nats: string;
  readonly postgres: string;
  readonly handler: 'ordered' | 'shared';
  readonly callMs: number;
  readonly connections: number;
  readonly process: number;
}

/** One instance of the service. The first `go` begins to take messages; each counts what is done in its time. */
export const part = definePart<ScaleOptions>({
  async start({ nats, postgres, handler, callMs, connections, process: number }) {
    const database = new Database({ url: postgres, applicationName: 'bench' });
    const app = await bootEffectService({
      nats,
      database,
      instance: `bench-${number}`,
      handler: handler === 'ordered' ? OrderedCaller : SharedCaller,
      providers: [
        EffectCounter,
        { provide: RemoteService, useValue: new RemoteService({ callMs, connections }) },
      ],
    });
    const counter = app.get(EffectCounter);
    let started = false;
    return {
      go: async ({ ms = 0 }) => {
        if (!started) await app.startAllMicroservices();
        started = true;
        const [beganAt, before] = [performance.now(), counter.count];
        await delay(ms);
        return { count: counter.count - before, ms: performance.now() - beganAt };
      },
      stop: async () => {
        await app.close();
        await database.close();
      },
    };
  },
});
