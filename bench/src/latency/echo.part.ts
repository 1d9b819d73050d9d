import { connect } from '@nats-io/transport-node';
import { definePart } from '../part/protocol.ts';

export const ECHO_SUBJECT = 'bench.echo';

/** Gives every message back at once. */
export const part = definePart<{ nats: string }>({
  async start({ nats }) {
    const connection = await connect({ servers: [nats] });
    connection.subscribe(ECHO_SUBJECT, { callback: (_error, message) => void message.respond(message.data) });
    await connection.flush();
    return {
      go: () => Promise.resolve({ count: 0, ms: 0 }),
      stop: () => connection.close(),
    };
  },
});
