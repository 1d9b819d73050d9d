import { createInbox, headers, type NatsConnection } from '@nats-io/transport-node';
import { messageIds } from '../message-ids.ts';
import { definePart, type Done, type Run } from '../part/protocol.ts';
import { inTurn, payloads } from '../payload.ts';
import { assertStored, type BenchStream, closeStream, openStream, subjectsOf } from '../nats/bench-stream.ts';

interface Options {
  readonly nats: string;
  readonly stream: BenchStream;
  readonly window: number;
}

/**
 * What the protocol gives: one reply subject for all, a counter instead of promises, no time-out, no second sending, no
 * look at the answer. The same bytes go to the server as from the publisher.
 */
export const part = definePart<Options>({
  async start({ nats, stream, window }) {
    const broker = await openStream(nats, stream);
    const raw = new RawWindow(broker.connection, stream, window);
    return {
      go: async (run) => {
        const done = await raw.go(run);
        await assertStored(broker, stream, raw.sent);
        return done;
      },
      stop: () => closeStream(broker, stream),
    };
  },
});

class RawWindow {
  readonly #connection: NatsConnection;
  readonly #stream: BenchStream;
  readonly #window: number;
  readonly #subjects: readonly string[];
  readonly #bodies = payloads();
  readonly #nextId = messageIds();
  readonly #inbox = createInbox();
  #inFlight = 0;
  #until = 0;
  #ended: (() => void) | undefined;
  sent = 0;

  constructor(connection: NatsConnection, stream: BenchStream, window: number) {
    this.#connection = connection;
    this.#stream = stream;
    this.#window = window;
    this.#subjects = subjectsOf(stream);
    connection.subscribe(`${this.#inbox}.*`, { callback: () => this.#onReply() });
  }

  async go({ ms = 0 }: Run): Promise<Done> {
    const [beganAt, sentBefore] = [performance.now(), this.sent];
    this.#until = beganAt + ms;
    await new Promise<void>((resolve) => {
      this.#ended = resolve;
      while (this.#inFlight < this.#window) this.#sendOne();
    });
    return { count: this.sent - sentBefore, ms: performance.now() - beganAt };
  }

  #sendOne(): void {
    const n = this.sent++;
    this.#inFlight++;
    const fields = headers();
    fields.set('Nats-Msg-Id', this.#nextId());
    fields.set('Nats-Expected-Stream', this.#stream.name);
    this.#connection.publish(inTurn(this.#subjects, n), inTurn(this.#bodies, n), {
      headers: fields,
      reply: `${this.#inbox}.${n}`,
    });
  }

  #onReply(): void {
    this.#inFlight--;
    if (performance.now() < this.#until) this.#sendOne();
    else if (this.#inFlight === 0) this.#ended?.();
  }
}
