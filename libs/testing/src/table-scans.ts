/** All of a kind are needed, or they are few by their nature: leases, sequences. */
const SMALL = /Seq Scan on (\S*_seq|ownership|pg_\S+)\b/;

/**
 * Which of these statements would read whole tables, each with that line of its plan. The plan is that of a prepared statement, made
 * as the tables are now: a session keeps it while they grow. Needs PostgreSQL 16.
 */
export async function tableScans(
  query: (text: string) => Promise<object[]>,
  statements: readonly string[],
): Promise<string[]> {
  const scans: string[] = [];
  for (const statement of statements) {
    for (const row of await query(`EXPLAIN (GENERIC_PLAN) ${statement}`)) {
      const line = Object.values(row).map(String).join(' ');
      if (line.includes('Seq Scan') && !SMALL.test(line)) scans.push(`${line.trim()} of ${statement.trim()}`);
    }
  }
  return scans;
}
