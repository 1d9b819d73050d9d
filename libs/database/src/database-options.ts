export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database` */
  url: string;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  /** Connections at most. Default 10. */
  maxConnections?: number;
  /**
   * The server ends a session that idles this long inside a transaction. This bounds how long the row locks of a
   * stopped process can hold up a takeover. Default 5,000 ms.
   */
  idleInTransactionTimeoutMs?: number;
  /** The server cancels a statement that runs longer. Default 30,000 ms. */
  statementTimeoutMs?: number;
  /** How long a caller waits for a connection. Default 5,000 ms. */
  connectTimeoutMs?: number;
  /**
   * When the client gives up on a statement, and on its connection. Only needed where the server's own limit cannot
   * arrive: packets are dropped, or it is frozen. Default: 2,000 ms more than statementTimeoutMs.
   */
  queryTimeoutMs?: number;
}
