import { connect, type ConfirmChannel } from 'amqplib';
import { messageIds } from '../message-ids.ts';
import { definePart } from '../part/protocol.ts';
import { inWindow } from '../part/window.ts';
import { inTurn, payloads } from '../payload.ts';

interface Options {
  readonly rabbitmq: string;
  readonly queue: string;
  readonly type: 'classic' | 'quorum';
  readonly window: number;
}

/** Persistent messages to a durable queue, each confirmed by the broker, many unconfirmed at once. */
export const part = definePart<Options>({
  async start({ rabbitmq, queue, type, window }) {
    const client = await connect(rabbitmq);
    const channel = await client.createConfirmChannel();
    await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': type } });
    const [bodies, nextId] = [payloads().map((body) => Buffer.from(body)), messageIds()];
    let sent = 0;
    const publishOne = (): Promise<void> =>
      confirmed(channel, queue, { body: inTurn(bodies, sent++), messageId: nextId() });
    return {
      go: async (run) => {
        const done = await inWindow(run, { width: window }, publishOne);
        const { messageCount } = await channel.checkQueue(queue);
        if (messageCount < sent) throw new Error(`${sent} confirmed, ${messageCount} stored`);
        return done;
      },
      stop: async () => {
        await channel.deleteQueue(queue);
        await client.close();
      },
    };
  },
});

async function confirmed(
  channel: ConfirmChannel,
  queue: string,
  { body, messageId }: { body: Buffer; messageId: string },
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    channel.sendToQueue(queue, body, { persistent: true, messageId }, (error: unknown) => {
      if (error === null || error === undefined) resolve();
      else reject(new Error('the broker refused a message', { cause: error }));
    });
  });
}
