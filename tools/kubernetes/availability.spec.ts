import { describe, expect, it } from '@jest/globals';
import { acceptedAfter, notAccepted, refusedWithoutReason } from './availability.ts';

const created = { at: 1_000, ms: 20, status: 201 };
const reasoned = { at: 1_100, ms: 5, status: 503, detail: '{"detail": "The database cannot be reached."}' };
const refused = { at: 1_200, ms: 1, failure: 'ECONNREFUSED' };

describe('while every order has to be accepted', () => {
  it('nothing is wrong with enough that were', () => {
    expect(notAccepted('new', [created, created], 2)).toEqual([]);
  });

  it('a refused connection, another status and too few requests are', () => {
    expect(notAccepted('new', [created, reasoned, refused], 4)).toEqual([
      'new: only 3 requests were made, not 4',
      'new: 2 of 3 were not accepted: 1 x 503, 1 x ECONNREFUSED',
    ]);
  });
});

describe('while orders may be refused with a reason', () => {
  it('nothing is wrong with a reason', () => {
    expect(refusedWithoutReason('new', [created, reasoned])).toEqual([]);
  });

  it.each([
    [{ ...reasoned, detail: '' }, 'new: 1 answers of 503 give no reason'],
    [{ ...reasoned, status: 500 }, 'new: 1 of 1 had another answer: 1 x 500'],
    [refused, 'new: 1 of 1 had another answer: 1 x ECONNREFUSED'],
  ])('%j is wrong', (answer, says) => {
    expect(refusedWithoutReason('new', [answer])).toEqual([says]);
  });
});

it('the first accepted order counts by its answer, not by when it was asked', () => {
  const late = { at: 900, ms: 600, status: 201 };
  expect(acceptedAfter([created, late, refused], 1_300)).toBe(200);
  expect(acceptedAfter([created], 1_300)).toBeUndefined();
});
