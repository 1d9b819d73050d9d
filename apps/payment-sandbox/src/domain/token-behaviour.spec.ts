import { describe, expect, it } from '@jest/globals';
import { type Behaviour, behaviourOf, declineCode, TEST_TOKENS } from './token-behaviour.ts';

describe('behaviourOf', () => {
  it.each<[string, Behaviour[]]>([
    ['tok_approve', ['capture', 'capture', 'capture']],
    ['tok_decline', ['decline', 'decline', 'decline']],
    ['tok_timeout_then_approve', ['capture-silently', 'capture-silently', 'capture-silently']],
    ['tok_fail_then_approve', ['fail', 'fail', 'capture']],
    ['tok_never', ['silence', 'silence', 'silence']],
    ['tok_unheard_of', ['decline', 'decline', 'decline']],
  ])('%s: %j by undecided calls', (token, expected) => {
    expect([0, 1, 2].map((undecided) => behaviourOf(token, undecided))).toEqual(expected);
  });
});

describe('declineCode', () => {
  it('tells a declined card from a token that does not exist', () => {
    expect([declineCode('tok_decline'), declineCode('tok_unheard_of')]).toEqual([
      'card_declined',
      'invalid_token',
    ]);
    expect(Object.keys(TEST_TOKENS)).toHaveLength(5);
  });
});
