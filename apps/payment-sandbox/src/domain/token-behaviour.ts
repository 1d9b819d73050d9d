/** What a call does: `capture-silently` charges and never answers, `silence` does neither. */
export type Behaviour = 'capture' | 'capture-silently' | 'decline' | 'fail' | 'silence';

export const FAILURES_BEFORE_APPROVAL = 2;

export const TEST_TOKENS: Record<string, string> = {
  tok_approve: 'captured',
  tok_decline: 'declined with card_declined',
  tok_timeout_then_approve:
    'the first call charges but never answers; the next with its key answers captured',
  tok_fail_then_approve: 'the first two calls of a key answer 503, the next one captured',
  tok_never: 'never answers and never charges',
};

/** What a key's next call does, while nothing has been decided for that key. */
export function behaviourOf(token: string, undecidedCalls: number): Behaviour {
  switch (token) {
    case 'tok_approve':
      return 'capture';
    case 'tok_timeout_then_approve':
      return 'capture-silently';
    case 'tok_fail_then_approve':
      return undecidedCalls < FAILURES_BEFORE_APPROVAL ? 'fail' : 'capture';
    case 'tok_never':
      return 'silence';
    default:
      return 'decline';
  }
}

/** Why a token is declined. A provider does not say more of a token that it does not know. */
export function declineCode(token: string): string {
  return token === 'tok_decline' ? 'card_declined' : 'invalid_token';
}
