import { Database } from '@orderflow/database';
import { bootEffectService } from '../effects/effect-service.ts';
import { definePart } from '../part/protocol.ts';
import { FirstEffects } from './first-effects.ts';
import { WatchedHandler } from './watched.handler.ts';

interface Options {
  readonly nats: string;
  readonly postgres: string;
  readonly instance: string;
}

/** One instance of the service. `go` looks on until so many partitions had an effect here, or for `ms`. */
export const part = definePart<Options>({
  async start({ nats, postgres, instance }) {
    const database = new Database({ url: postgres, applicationName: instance });
    const app = await bootEffectService({
      nats,
      database,
      instance,
      handler: WatchedHandler,
      providers: [FirstEffects],
      logged: ['error'],
    });
    await app.startAllMicroservices();
    const firstEffects = app.get(FirstEffects);
    return {
      go: async ({ count = Infinity, ms = 0 }) => {
        const beganAt = performance.now();
        const firstAt = await firstEffects.watch(count, ms);
        const found = firstAt.filter((time) => !Number.isNaN(time)).length;
        return { count: found, ms: performance.now() - beganAt, firstAt };
      },
      stop: async () => {
        await app.close();
        await database.close();
      },
    };
  },
});
