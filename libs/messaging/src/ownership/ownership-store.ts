import type { SqlExecutor } from '@orderflow/database';

export interface OwnershipRow {
  resource: string;
  owner: string | null;
  epoch: number;
}

export interface TakenRow {
  resource: string;
  epoch: number;
  /** Several owners in a row, the last one another instance, did not give it back. */
  suspicious: boolean;
}

/** What an instance says of itself with each heartbeat. */
export interface Heartbeat {
  /** False while it drains: it keeps what it holds, and is given nothing new. */
  accepts: boolean;
  /** Takes partitions. */
  intake: boolean;
  /** Publishes the outbox. */
  relay: boolean;
  /** For how long the broker has not answered it. */
  brokerSilenceMs: number;
  /** Names the set of event types that it handles. */
  handlers: string;
}

export interface Member extends Heartbeat {
  instance: string;
}

/** All instances read and write by the database's clock, so that clocks of machines need not agree. */
const HEARTBEAT = `
  INSERT INTO messaging.member
    (instance, expires_at, lease_ms, accepts, intake, relay, broker_silence_ms, handlers)
  VALUES ($1, clock_timestamp() + make_interval(secs => $2::float8 / 1000), $2::integer, $3, $4, $5, $6, $7)
  ON CONFLICT (instance) DO UPDATE SET
    expires_at = excluded.expires_at, lease_ms = excluded.lease_ms, accepts = excluded.accepts,
    intake = excluded.intake, relay = excluded.relay,
    broker_silence_ms = excluded.broker_silence_ms, handlers = excluded.handlers`;

/**
 * An expiry more than a lease ahead was written before the database's clock was set back. It is cut to one lease from
 * now: an instance that lives renews it, and one that died is not waited for. SKIP LOCKED, so that instances that do it
 * at once never wait for each other.
 */
const MEMBERS = `
  WITH ahead AS (
    SELECT instance FROM messaging.member
    WHERE expires_at > clock_timestamp() + make_interval(secs => lease_ms::float8 / 1000 + 1)
    FOR UPDATE SKIP LOCKED
  ), cut AS (
    UPDATE messaging.member
    SET expires_at = clock_timestamp() + make_interval(secs => lease_ms::float8 / 1000)
    FROM ahead WHERE member.instance = ahead.instance
  )
  SELECT instance, accepts, intake, relay, broker_silence_ms AS "brokerSilenceMs", handlers
  FROM messaging.member WHERE expires_at > clock_timestamp() ORDER BY instance`;

const FORGET_DEAD_MEMBERS = `
  DELETE FROM messaging.member WHERE expires_at < clock_timestamp() - interval '1 minute'`;

const RESOURCES = `
  INSERT INTO messaging.ownership (resource) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING`;

const OWNERSHIP = `SELECT resource, owner, epoch FROM messaging.ownership`;

/** No instance has this name: the next owner finds messages that may have ended an earlier one. */
const ORPHANED = 'orphaned';
/**
 * From so many owners in a row on that end in the middle of something, a message is suspected of ending them. The first one is
 * taken for an accident, as it nearly always is: to handle all that was in flight one by one would make each takeover slow.
 */
const SUSPICIOUS_CRASHES = 2;
/** An owner that has lived longer than this was not ended by what it took over. */
const CRASH_LOOP_INTERVAL = '10 minutes';

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
  SET owner = $1, epoch = epoch + 1, taken_at = clock_timestamp(), crashes = CASE
    WHEN found.owner IS NULL THEN 0
    WHEN found.owner IN ($1, '${ORPHANED}') THEN crashes
    WHEN taken_at < clock_timestamp() - interval '${CRASH_LOOP_INTERVAL}' THEN 1
    ELSE crashes + 1 END
  FROM found
  WHERE ownership.resource = found.resource
  RETURNING ownership.resource, epoch, coalesce(found.owner <> $1, false) AND crashes >= ${SUSPICIOUS_CRASHES} AS suspicious`;

const RELEASE = `
  UPDATE messaging.ownership SET owner = CASE WHEN lease.orphaned THEN '${ORPHANED}' END
  FROM unnest($2::text[], $3::bigint[], $4::boolean[]) AS lease (resource, epoch, orphaned)
  WHERE owner = $1 AND ownership.resource = lease.resource AND ownership.epoch = lease.epoch`;

/** Fits the column; a day says as much as a month. */
const LONGEST_SILENCE_MS = 86_400_000;

const LEAVE = `DELETE FROM messaging.member WHERE instance = $1`;

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

  async heartbeat(heartbeat: Heartbeat, leaseMs: number): Promise<void> {
    const { accepts, intake, relay, brokerSilenceMs, handlers } = heartbeat;
    const silenceMs = Math.round(Math.min(brokerSilenceMs, LONGEST_SILENCE_MS));
    await this.#database.query(HEARTBEAT, [
      this.#instance,
      leaseMs,
      accepts,
      intake,
      relay,
      silenceMs,
      handlers,
    ]);
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
  async release(
    leases: readonly { resource: string; epoch: number; suspectsLeft?: boolean }[],
  ): Promise<void> {
    await this.#database.query(RELEASE, [
      this.#instance,
      leases.map((lease) => lease.resource),
      leases.map((lease) => lease.epoch),
      leases.map((lease) => lease.suspectsLeft === true),
    ]);
  }

  /** After this the others need not wait for the lease to expire. */
  async leave(): Promise<void> {
    await this.#database.query(LEAVE, [this.#instance]);
  }
}
