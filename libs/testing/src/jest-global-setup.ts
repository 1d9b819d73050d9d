import { offerPostgres } from './postgres-for-run.ts';

/** Runs once for each Jest run, in its main process; the workers inherit the environment. */
export default async function setUp(): Promise<void> {
  process.env['ORDERFLOW_TEST_POSTGRES'] = await offerPostgres();
}
