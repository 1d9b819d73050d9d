import { Database } from '@orderflow/database';
import { bootEffectService } from '../effects/effect-service.ts';
import { assertOnce, EFFECT_TABLE } from '../effects/effect-table.ts';
import { definePart } from '../part/protocol.ts';
import { EffectTimes } from './effect-times.ts';
import { Timed, TIMED } from './timed-event.ts';
import { BatchTimedHandler, PlainTimedHandler } from './timed-handlers.ts';

interface Options {
  readonly nats: string;
  readonly postgres: string;
  readonly handler: 'transactional' | 'batch';
}

export const part = definePart<Options>({
  async start({ nats, postgres, handler }) {
    const database = new Database({ url: postgres, applicationName: 'bench' });
    await database.query(EFFECT_TABLE);
    const app = await bootEffectService({
      nats,
      database,
      stream: TIMED,
      contract: Timed,
      handler: handler === 'batch' ? BatchTimedHandler : PlainTimedHandler,
      providers: [EffectTimes],
    });
    await app.startAllMicroservices();
    const times = app.get(EffectTimes);
    return {
      go: ({ count = 0 }) => times.next(count),
      stop: async () => {
        await app.close();
        await assertOnce(database, times.total);
        await database.close();
      },
    };
  },
});
