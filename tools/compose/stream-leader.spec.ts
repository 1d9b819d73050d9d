import { describe, expect, it } from '@jest/globals';
import { findLeader } from './stream-leader.ts';

const report = {
  name: 'not a stream',
  account_details: [
    {
      name: '$G',
      stream_detail: [
        { name: 'PAYMENTS', cluster: { leader: 'nats-1' } },
        { name: 'ORDERS', cluster: { leader: 'nats-3' } },
        { name: 'ORPHAN', cluster: {} },
      ],
    },
  ],
};

describe('findLeader', () => {
  it('finds the leader of the stream that is asked for', () => {
    expect(findLeader(report, 'ORDERS')).toBe('nats-3');
  });

  it.each(['ORPHAN', 'UNKNOWN'])('finds none of %s', (stream) => {
    expect(findLeader(report, stream)).toBeUndefined();
  });
});
