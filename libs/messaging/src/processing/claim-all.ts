import type { SqlExecutor } from '@orderflow/database';
import type { Claim, ClaimStore } from '../inbox/claim.ts';
import type { ReceivedMessage } from '../message/received-message.ts';

export type NewClaim = Extract<Claim, { state: 'new' }>;

/** What is claimed, and what is to be done with it. */
export interface Claimed<Item> {
  readonly item: Item;
  readonly claim: Claim;
}

/** Marks messages as handled, and their failed attempts as over, if this transaction commits. */
export async function claimAll<Item extends { readonly held: ReceivedMessage }>(
  tx: SqlExecutor,
  store: ClaimStore,
  items: readonly Item[],
): Promise<Claimed<Item>[]> {
  const claims = await store.claim(
    tx,
    items.map(({ held }) => held),
  );
  const claimed = items.map((item, index) => {
    const claim = claims[index];
    // Taken for seen it would be acknowledged without its effect.
    if (claim === undefined) throw new TypeError('The inbox gave fewer claims than there are messages.');
    return { item, claim };
  });
  const retried = claimed.filter(({ claim }) => claim.state === 'new' && claim.attempts > 0);
  await store.forgetAttempts(
    tx,
    retried.map(({ item }) => item.held),
  );
  return claimed;
}
