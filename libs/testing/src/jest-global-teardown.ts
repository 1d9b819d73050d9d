import { withdrawPostgres } from './postgres-for-run.ts';

export default async function tearDown(): Promise<void> {
  await withdrawPostgres();
}
