import type { SqlExecutor } from '@orderflow/database';

export interface OwnershipRow {
  resource: string;
  owner: string | null;
  epoch: number;
}

export interface TakenRow {
  resource: string;
  epoch: number;
  /** Its last owner, another instance, did not give it back. */
  orphaned: boolean;
}

/** All instances read and write by the database's clock, so that clocks of machines need not agree. */
const HEARTBEAT = `
  INSERT INTO messaging.member (instance, accepts, expires_at)
  VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3))
  ON CONFLICT (instance) DO UPDATE SET accepts = excluded.accepts, expires_at = excluded.expires_at`;

const MEMBERS = `
  SELECT instance, accepts FROM messaging.member WHERE expires_at > clock_timestamp() ORDER BY instance`;

const FORGET_DEAD_MEMBERS = `
  DELETE FROM messaging.member WHERE expires_at < clock_timestamp() - interval '1 minute'`;

const RESOURCES = `
  INSERT INTO messaging.ownership (resource) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING`;

const OWNERSHIP = `SELECT resource, owner, epoch FROM messaging.ownership`;

/**
 * Takes resources that nobody holds, or whose holder has let its membership expire. A row that an effect
 * transaction holds FOR SHARE is left for the next look: once this commits, no older epoch can commit anything.
 */
const TAKE = `
  WITH found AS (
    SELECT resource, owner FROM messaging.ownership
    WHERE resource = ANY ($2::text[])
      -- Our own name without a lease in hand: given up when the database was away.
      AND (owner IS NULL OR owner = $1 OR NOT EXISTS (
        SELECT FROM messaging.member
        WHERE member.instance = ownership.owner AND member.expires_at > clock_timestamp()))
    FOR UPDATE SKIP LOCKED
  )
  UPDATE messaging.ownership
  SET owner = $1, epoch = epoch + 1
  FROM found
  WHERE ownership.resource = found.resource
  RETURNING ownership.resource, epoch, coalesce(found.owner <> $1, false) AS orphaned`;

const RELEASE = `
  UPDATE messaging.ownership SET owner = NULL
  WHERE owner = $1 AND (resource, epoch) IN (SELECT * FROM unnest($2::text[], $3::bigint[]))`;

const LEAVE = `DELETE FROM messaging.member WHERE instance = $1`;

export interface Member {
  instance: string;
  accepts: boolean;
}

export class OwnershipStore {
  readonly #database: SqlExecutor;
  readonly #instance: string;

  constructor(database: SqlExecutor, instance: string) {
    this.#database = database;
    this.#instance = instance;
  }

  async declare(resources: readonly string[]): Promise<void> {
    await this.#database.query(RESOURCES, [resources]);
    await this.#database.query(FORGET_DEAD_MEMBERS);
  }

  async heartbeat(accepts: boolean, leaseMs: number): Promise<void> {
    await this.#database.query(HEARTBEAT, [this.#instance, accepts, leaseMs / 1000]);
  }

  members(): Promise<Member[]> {
    return this.#database.query<Member>(MEMBERS);
  }

  all(): Promise<OwnershipRow[]> {
    return this.#database.query<OwnershipRow>(OWNERSHIP);
  }

  take(resources: readonly string[]): Promise<TakenRow[]> {
    return this.#database.query<TakenRow>(TAKE, [this.#instance, resources]);
  }

  /** Only with their epochs: a newer lease of the same resource stays. */
  async release(leases: readonly { resource: string; epoch: number }[]): Promise<void> {
    const resources = leases.map((lease) => lease.resource);
    await this.#database.query(RELEASE, [this.#instance, resources, leases.map((lease) => lease.epoch)]);
  }

  /** After this the others need not wait for the lease to expire. */
  async leave(): Promise<void> {
    await this.#database.query(LEAVE, [this.#instance]);
  }
}
