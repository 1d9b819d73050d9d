import { Database } from '@orderflow/database';
import { BatchHandler } from '../effects/effect-handlers.ts';
import { EffectCounter } from '../effects/effect-counter.ts';
import { bootEffectService } from '../effects/effect-service.ts';
import { definePart } from '../part/protocol.ts';

interface Options {
  readonly nats: string;
  readonly postgres: string;
}

/** The service alone: what waits for it is stored by another process. The first `go` begins the intake. */
export const part = definePart<Options>({
  async start({ nats, postgres }) {
    const database = new Database({ url: postgres, applicationName: 'bench' });
    const app = await bootEffectService({
      nats,
      database,
      handler: BatchHandler,
      providers: [EffectCounter],
    });
    const counter = app.get(EffectCounter);
    let started = false;
    return {
      go: async ({ count = 0 }) => {
        const reached = counter.more(count);
        if (!started) await app.startAllMicroservices();
        started = true;
        return await reached;
      },
      stop: async () => {
        await app.close();
        await database.close();
      },
    };
  },
});
