import { PgBoss } from 'pg-boss';
import { definePart } from '../part/protocol.ts';
import { inWindow } from '../part/window.ts';
import { inTurn, textPayloads } from '../payload.ts';

interface Options {
  readonly postgres: string;
  readonly queue: string;
  readonly batch: number;
  readonly window: number;
}

/** Jobs inserted in batches, several of them under way. */
export const part = definePart<Options>({
  async start({ postgres, queue, batch, window }) {
    // Its maintenance works on other queues and times; leaving it out favours it.
    const boss = new PgBoss({
      connectionString: postgres,
      max: window / batch,
      supervise: false,
      schedule: false,
    });
    await boss.start();
    await boss.createQueue(queue);
    const bodies = textPayloads();
    let sent = 0;
    const insertSome = async (): Promise<void> => {
      const jobs = Array.from({ length: batch }, () => ({ data: { data: inTurn(bodies, sent++) } }));
      await boss.insert(queue, jobs);
    };
    return {
      go: (run) => inWindow(run, { width: window / batch, each: batch }, insertSome),
      stop: () => boss.stop({ graceful: false }),
    };
  },
});
