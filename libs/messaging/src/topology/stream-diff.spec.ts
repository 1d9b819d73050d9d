import { describe, expect, it } from '@jest/globals';
import type { StreamConfig } from '@nats-io/jetstream';
import { defineStream } from '../contract/stream-definition.ts';
import { DEAD_LETTERS, desiredStream, type DesiredStream } from './stream-config.ts';
import { diffStream, formatDifferences, impossibleChange } from './stream-diff.ts';

const ORDERS = defineStream({ name: 'ORDERS', prefix: 'order', owner: 'order' });
const SETTINGS = { partitions: 16, replicas: 1, maxBytes: 1_000_000 };

const wanted = (): DesiredStream => desiredStream(ORDERS, SETTINGS);
/** What the server answers: what was asked for, and much that was not. */
const found = (changes: object = {}): StreamConfig =>
  ({ ...wanted(), max_msgs: -1, sealed: false, compression: 's2', ...changes }) as StreamConfig;

describe('the difference between a stream and what is wanted', () => {
  it('is empty when everything that is wanted is there, whatever else the operator has set', () => {
    expect(diffStream(found(), wanted())).toEqual([]);
    const metadata = { ...wanted().metadata, 'operator.note': 'mine', '_nats.ver': '2.15.1' };
    expect(diffStream(found({ metadata }), wanted())).toEqual([]);
  });

  it.each([
    ['subjects', ['order.>']],
    ['retention', 'workqueue'],
    ['storage', 'memory'],
    ['discard', 'old'],
    ['max_age', 1_000_000_000],
    ['max_bytes', -1],
    ['duplicate_window', 1_000_000_000],
    ['num_replicas', 3],
    ['allow_direct', false],
    ['allow_atomic', undefined],
    ['subject_transform', undefined],
    ['metadata', { 'orderflow.owner': 'order' }],
  ])('names %s, with what was found and what is wanted', (field, value) => {
    const differences = diffStream(found({ [field]: value }), wanted());
    expect(differences).toEqual([{ field, found: value, wanted: Reflect.get(wanted(), field) as unknown }]);
  });

  it('is printed a line for each field', () => {
    const differences = diffStream(found({ discard: 'old', max_bytes: -1 }), wanted());
    expect(formatDifferences(differences).split('\n').toSorted()).toEqual([
      '  discard    "old"  "new"',
      '  max_bytes  -1     1000000',
      '  setting    found  wanted',
    ]);
  });
});

describe('a change that JetStream cannot make in place', () => {
  it.each(['storage', 'retention'])('of %s is named with what to do instead', (field) => {
    const [difference] = diffStream(found({ [field]: 'other' }), wanted());
    expect(difference && impossibleChange(difference)).toContain('new stream');
  });

  it('is told from one that it can', () => {
    const [difference] = diffStream(found({ max_age: 1 }), wanted());
    expect(difference && impossibleChange(difference)).toBeUndefined();
  });
});

describe('a stream as wanted', () => {
  it('refuses when it is full, and partitions by the key, whoever publishes', () => {
    expect(wanted()).toMatchObject({
      discard: 'new',
      retention: 'limits',
      storage: 'file',
      subject_transform: {
        src: 'order.*.*',
        dest: 'order.{{partition(16,1)}}.{{wildcard(1)}}.{{wildcard(2)}}',
      },
      metadata: { 'orderflow.owner': 'order', 'orderflow.partitions': '16' },
    });
  });

  it('has no partitions when it keeps dead letters', () => {
    const dead = desiredStream(DEAD_LETTERS, SETTINGS);
    expect([dead.subject_transform, dead.allow_atomic]).toEqual([undefined, undefined]);
    expect(dead.metadata).toEqual({ 'orderflow.owner': 'messaging' });
  });
});
