import { setTimeout as later } from 'node:timers';
import { jetstream, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { ANSWER_PATIENCE_MS, eventually, PATIENCE_MS, testNats } from '@orderflow/testing';
import { type Broker, connectBroker } from '../broker/broker.ts';
import { defineStream, type StreamDefinition } from '../contract/stream-definition.ts';
import { type ProvisionMode, Provisioner } from '../topology/provisioner.ts';
import type { StreamSettings } from '../topology/stream-config.ts';

export const SETTINGS: StreamSettings = { partitions: 16, replicas: 1, maxBytes: 100_000_000 };

export interface StoredMessage {
  sequence: number;
  subject: string;
  id: string;
  body: string;
  time: Date;
}

/** A nats-server of a spec file's own, with one connection to it. `manager` and `client` wait for a busy machine. */
export interface TestJetStream extends Broker {
  /** The same connection with the time-outs of the library, for the parts under test. */
  readonly broker: Broker;
  readonly nats: Awaited<ReturnType<typeof testNats>>;
  /** A stream that no other test uses. */
  freshStream(): Promise<StreamDefinition>;
  /** A definition whose stream does not exist yet. */
  freshDefinition(owner?: string): StreamDefinition;
  provisioner(mode?: ProvisionMode, settings?: Partial<StreamSettings>): Provisioner;
  stored(stream: string): Promise<StoredMessage[]>;
  another(): Promise<Broker>;
  /** Starts the server again and waits until our connection is back. */
  restart(): Promise<void>;
  /** Runs work while the server is stopped by SIGSTOP: connections stay, nothing is answered. */
  frozen<T>(work: () => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

export async function startJetStream(): Promise<TestJetStream> {
  const nats = await testNats();
  const connectAs = (name: string): Promise<Broker> =>
    connectBroker({ servers: [nats.url], access: {}, name, bootTimeoutMs: PATIENCE_MS });
  const broker = await connectAs('test');
  const patient = await patientBroker(broker);
  const others: Broker[] = [];
  const answersAgain = (): Promise<true> =>
    eventually(() => answers(broker, 1_000), { what: 'the broker answers again' });
  let made = 0;
  const provisioner = (mode: ProvisionMode = 'apply', settings: Partial<StreamSettings> = {}): Provisioner =>
    new Provisioner(patient.manager, { ...SETTINGS, ...settings }, mode);
  const freshDefinition = (owner = 'owner'): StreamDefinition => {
    made++;
    return defineStream({ name: `STREAM-${made}`, prefix: `s${made}`, owner });
  };
  return {
    ...patient,
    broker,
    nats,
    provisioner,
    freshDefinition,
    freshStream: async () => {
      const stream = freshDefinition();
      await provisioner().provision(stream);
      return stream;
    },
    stored: (stream) => storedMessages(patient.manager, stream),
    another: async () => {
      const other = await connectAs('another');
      others.push(other);
      return other;
    },
    restart: async () => {
      await nats.restart();
      await answersAgain();
    },
    frozen: async (work) => {
      const result = await whileFrozen(nats.pid, () => answers(broker, 500), work);
      // What a test asks before the reconnect is lost, and waited for with all its patience.
      await answersAgain();
      return result;
    },
    stop: async () => {
      for (const { connection } of [broker, ...others]) await connection.close();
      await nats.stop();
    },
  };
}

async function patientBroker({ connection }: Broker): Promise<Broker> {
  const options = { timeout: ANSWER_PATIENCE_MS };
  const manager = await jetstreamManager(connection, { ...options, checkAPI: false });
  return { connection, manager, client: jetstream(connection, options) };
}

async function answers({ connection }: Broker, timeoutMs: number): Promise<boolean> {
  return await connection.request('$JS.API.INFO', '', { timeout: timeoutMs }).then(
    () => true,
    () => false,
  );
}

async function whileFrozen<T>(
  pid: number,
  answering: () => Promise<boolean>,
  work: () => Promise<T>,
): Promise<T> {
  process.kill(pid, 'SIGSTOP');
  // A test that hangs must not leave a server that cannot be stopped.
  const rescue = later(() => process.kill(pid, 'SIGCONT'), PATIENCE_MS);
  try {
    // The signal is sent, not obeyed, when kill() returns.
    await eventually(async () => !(await answering()), { what: 'the server is stopped' });
    return await work();
  } finally {
    clearTimeout(rescue);
    process.kill(pid, 'SIGCONT');
  }
}

/** Everything that the stream holds, in its order. */
async function storedMessages(manager: JetStreamManager, stream: string): Promise<StoredMessage[]> {
  const { state } = await manager.streams.info(stream);
  const sequences = Array.from({ length: state.messages }, (_, index) => state.first_seq + index);
  return await Promise.all(
    sequences.map(async (seq) => {
      const message = await manager.streams.getMessage(stream, { seq });
      if (message === null) throw new Error(`${stream} has no message ${seq}`);
      const { subject, header, time } = message;
      return { sequence: seq, subject, id: header.get('Nats-Msg-Id'), body: message.string(), time };
    }),
  );
}
