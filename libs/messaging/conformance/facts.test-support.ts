import { Controller, type Type } from '@nestjs/common';
import { Database, type SqlExecutor } from '@orderflow/database';
import { eventually } from '@orderflow/testing';
import { IsInt, IsString } from 'class-validator';
import { contract, Contract, type ContractClass } from '../src/contract/contract.ts';
import { defineStream } from '../src/contract/stream-definition.ts';
import { Ctx, type Delivery, Payload, Subscribe } from '../src/index.ts';

export const FACTS = defineStream({ name: 'FACTS', prefix: 'fact', owner: 'facts' });

/** The n-th message of a publisher, to a lane. */
export class Fact {
  @IsString()
  userId!: string;

  @IsInt()
  n!: number;

  @IsString()
  text!: string;
}

/** Types of event that differ in nothing but their name. */
export const FACT_TYPES: readonly ContractClass<Fact>[] = Array.from({ length: 20 }, (_, index) => {
  @Contract<Fact>({
    stream: FACTS,
    event: `kind-${index}`,
    version: 1,
    key: (fact) => fact.userId,
    example: { userId: 'u1', n: 1, text: '' },
  })
  class Kind extends Fact {}
  return Kind;
});

export function fact(type: number, userId: string, n: number, text = ''): Fact {
  const cls = FACT_TYPES[type];
  if (cls === undefined) throw new Error(`there is no type ${type}`);
  return contract(cls, { userId, n, text });
}

export interface ReceivedRow {
  message_id: string;
  type: string;
  user_id: string;
  n: number;
  text: string;
  headers: Record<string, string>;
}

const TABLE = `
  CREATE TABLE received (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id text NOT NULL, type text NOT NULL, user_id text NOT NULL, n int NOT NULL, text text NOT NULL,
    headers jsonb NOT NULL)`;

const RECORD = `
  INSERT INTO received (message_id, type, user_id, n, text, headers) VALUES ($1, $2, $3, $4, $5, $6)`;

export async function createReceived(url: string): Promise<void> {
  const database = new Database({ url, applicationName: 'received' });
  await database.query(TABLE);
  await database.close();
}

/** A controller that writes down each event of a type as it arrives. */
export function recorderOf(cls: ContractClass<Fact>): Type {
  const type = `fact.kind-${FACT_TYPES.indexOf(cls)}.v1`;
  @Controller()
  class Recorder {
    @Subscribe(cls)
    async handle(@Payload() event: Fact, @Ctx() delivery: Delivery): Promise<void> {
      await recordFact(delivery.tx, event, delivery, type);
    }
  }
  return Recorder;
}

/** Writes down an event as it arrived, and which type its handler is for. */
export async function recordFact(
  tx: SqlExecutor,
  event: Fact,
  delivery: Delivery,
  type = delivery.headers.get('ce-type') ?? '',
): Promise<void> {
  const headers = JSON.stringify(Object.fromEntries(delivery.headers));
  await tx.query(RECORD, [delivery.messageId, type, event.userId, event.n, event.text, headers]);
}

/** What was received, in its order, once there is as much; more than that fails. */
export async function received(database: Database, count: number): Promise<ReceivedRow[]> {
  const arrived = async (): Promise<boolean> => {
    const [row] = await database.query<{ count: number }>('SELECT count(*)::int AS count FROM received');
    return (row?.count ?? 0) >= count;
  };
  await eventually(arrived, { what: `${count} messages received` });
  const rows = await database.query<ReceivedRow>('SELECT * FROM received ORDER BY id');
  if (rows.length > count) throw new Error(`${rows.length} messages received instead of ${count}`);
  return rows;
}
