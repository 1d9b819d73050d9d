import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { ANSWER_PATIENCE_MS, eventually } from '@orderflow/testing';
import type { Cluster, NatsNode } from './cluster.test-support.ts';
import { COUNTS } from './ledger-events.test-support.ts';

const STEP_DOWN_MS = ANSWER_PATIENCE_MS;

/** Who leads what in a cluster of brokers, asked on a connection of its own. */
export class BrokerView {
  readonly #cluster: Cluster;
  readonly #connection: NatsConnection;
  readonly #manager: JetStreamManager;

  private constructor(cluster: Cluster, connection: NatsConnection, manager: JetStreamManager) {
    this.#cluster = cluster;
    this.#connection = connection;
    this.#manager = manager;
  }

  static async open(cluster: Cluster): Promise<BrokerView> {
    const servers = cluster.nodes.map((node) => node.url);
    const connection = await connect({ servers, maxReconnectAttempts: -1, reconnectTimeWait: 100 });
    return new BrokerView(cluster, connection, await jetstreamManager(connection, { checkAPI: false }));
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  /** The name of the node that leads the stream, once there is one. */
  async streamLeader(): Promise<string> {
    return await eventually(async () => (await this.#manager.streams.info(COUNTS.name)).cluster?.leader, {
      what: 'the stream has a leader',
    });
  }

  nodeNamed(name: string): NatsNode {
    const node = this.#cluster.nodes.find((each) => each.name === name);
    if (node === undefined) throw new Error(`no node is named ${name}`);
    return node;
  }

  /** Leaders of the durable consumers, by their names. */
  async consumerLeaders(): Promise<Map<string, string>> {
    const leaders = new Map<string, string>();
    for await (const info of this.#manager.consumers.list(COUNTS.name))
      leaders.set(info.name, info.cluster?.leader ?? '');
    return leaders;
  }

  /** Each copy has everything: the next node may go without taking the majority away. */
  async caughtUp(): Promise<void> {
    const current = async (): Promise<boolean> => {
      const { cluster } = await this.#manager.streams.info(COUNTS.name);
      const copies = cluster?.replicas ?? [];
      return cluster?.leader !== undefined && copies.length === 2 && copies.every((copy) => copy.current);
    };
    await eventually(current, { what: 'every copy of the stream is current' });
  }

  async stepDownStream(): Promise<void> {
    await this.#stepDown(`STREAM.LEADER.STEPDOWN.${COUNTS.name}`);
  }

  async stepDownConsumers(): Promise<void> {
    const names = [...(await this.consumerLeaders()).keys()];
    await Promise.all(names.map((name) => this.#stepDown(`CONSUMER.LEADER.STEPDOWN.${COUNTS.name}.${name}`)));
  }

  async #stepDown(request: string): Promise<void> {
    const reply = await this.#connection.request(`$JS.API.${request}`, '', { timeout: STEP_DOWN_MS });
    const { success } = reply.json<{ success?: boolean }>();
    if (success !== true) throw new Error(`${request}: ${reply.string()}`);
  }
}
