import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Database, migrate } from '@orderflow/database';
import { type FreshDatabase, freshDatabase } from '@orderflow/testing';
import { MailClaimStore } from './mail-claim.store.ts';

const LONG_MS = 60_000;

class CountingDatabase extends Database {
  statements = 0;

  override async query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    this.statements += 1;
    return await super.query<Row>(text, values);
  }
}

describe('the claim to send a notification', () => {
  let fresh: FreshDatabase;
  let database: Database;
  let claims: MailClaimStore;
  let id: string;

  beforeAll(async () => {
    fresh = await freshDatabase('mail_claim');
    database = new Database({ url: fresh.url, applicationName: 'test' });
    await migrate(database, {
      name: 'notification',
      directory: new URL('../../migrations/', import.meta.url),
    });
    claims = new MailClaimStore(database);
  });

  afterAll(async () => {
    await database.close();
    await fresh.drop();
  });

  beforeEach(async () => {
    id = randomUUID();
    await database.query(
      `INSERT INTO notification (notification_id, order_id, user_id, fact, subject) VALUES ($1, $2, 'u', 'paid', 's')`,
      [id, randomUUID()],
    );
  });

  it('goes to one of many that ask at once', async () => {
    const results = await Promise.all(Array.from({ length: 8 }, () => claims.claim(id, LONG_MS)));
    expect(results.map(({ kind }) => kind).sort()).toEqual([...Array<string>(7).fill('busy'), 'claimed']);
  });

  it('costs one statement for all that ask at once, and one for all answers', async () => {
    const counting = new CountingDatabase({ url: fresh.url, applicationName: 'counting' });
    const store = new MailClaimStore(counting);
    const ids = Array.from({ length: 16 }, () => randomUUID());
    await database.query(
      `INSERT INTO notification (notification_id, order_id, user_id, fact, subject)
       SELECT id, gen_random_uuid(), 'u', 'paid', 's' FROM unnest($1::uuid[]) AS id`,
      [ids],
    );
    const results = await Promise.all(ids.map((each) => store.claim(each, LONG_MS)));
    expect(new Set(results.map(({ kind }) => kind))).toEqual(new Set(['claimed']));
    await Promise.all(ids.map((each) => store.markAccepted(each, '<a@b.example>')));
    expect(counting.statements).toBe(2);
    await counting.close();
  });

  it('ends by itself, so that a process that died does not keep it', async () => {
    await claims.claim(id, 0);
    expect(await claims.claim(id, LONG_MS)).toMatchObject({ kind: 'claimed' });
  });

  it('can be given back by its holder only', async () => {
    const first = await claims.claim(id, LONG_MS);
    await claims.release(id, randomUUID());
    expect(await claims.claim(id, LONG_MS)).toEqual({ kind: 'busy' });
    if (first.kind !== 'claimed') throw new Error('not claimed');
    await claims.release(id, first.claim);
    expect(await claims.claim(id, LONG_MS)).toMatchObject({ kind: 'claimed' });
  });

  it('is over for good once the mail server said yes', async () => {
    await claims.claim(id, 0);
    await claims.markAccepted(id, '<a@b.example>');
    expect(await claims.claim(id, LONG_MS)).toEqual({ kind: 'accepted', smtpMessageId: '<a@b.example>' });
  });

  it('lets the sending be announced once', async () => {
    await claims.claim(id, LONG_MS);
    expect(await claims.markSent(database, [id])).toEqual([false]);
    await claims.markAccepted(id, '<a@b.example>');
    expect(await claims.markSent(database, [id, id.toUpperCase()])).toEqual([true, false]);
    expect(await claims.markSent(database, [id])).toEqual([false]);
    expect(await claims.claim(id, LONG_MS)).toMatchObject({ kind: 'accepted' });
  });

  it('is not to be had for what was never requested', async () => {
    expect(await claims.claim(randomUUID(), LONG_MS)).toEqual({ kind: 'unknown' });
  });
});
