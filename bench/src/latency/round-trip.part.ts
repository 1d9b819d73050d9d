import { connect } from '@nats-io/transport-node';
import { definePart } from '../part/protocol.ts';
import { ECHO_SUBJECT } from './echo.part.ts';
import { EffectTimes } from './effect-times.ts';
import { SendSchedule } from './send-schedule.ts';
import { timedEvent } from './timed-event.ts';

interface Options {
  readonly nats: string;
  readonly rate: number;
}

/** Core NATS there and back, without a stream or a database. */
export const part = definePart<Options>({
  async start({ nats, rate }) {
    const connection = await connect({ servers: [nats] });
    const [schedule, times, inbox] = [new SendSchedule(rate), new EffectTimes(), `bench.back.${process.pid}`];
    connection.subscribe(inbox, {
      callback: (_error, message) => times.committed(message.json()),
    });
    await connection.flush();
    return {
      go: async ({ ms = 0 }) => {
        const back = times.next(Math.round((rate * ms) / 1_000));
        await schedule.run(ms, (due) => {
          for (const one of due)
            connection.publish(ECHO_SUBJECT, JSON.stringify(timedEvent(one)), { reply: inbox });
        });
        return await back;
      },
      stop: () => connection.close(),
    };
  },
});
