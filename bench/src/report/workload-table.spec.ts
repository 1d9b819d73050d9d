import { expect, it } from '@jest/globals';
import type { WorkloadResult } from '../harness/workload.ts';
import { workloadTable } from './workload-table.ts';

const rate = { median: 52_310.4, min: 50_000, max: 54_000, values: [] };

const result: WorkloadResult = {
  workload: 'publish',
  title: 'Publish',
  figures: [{ name: 'rate', unit: 'msg/s', better: 'more' }],
  quick: false,
  rounds: 5,
  measuredAt: '2026-01-01T00:00:00.000Z',
  machine: {},
  contestants: [
    {
      name: 'raw',
      role: 'limit',
      options: { window: 4_096 },
      comparedWith: 'raw',
      figures: { rate: { ...rate, ratio: { median: 1, min: 1, max: 1 } } },
    },
    {
      name: 'one',
      role: 'ours',
      options: {},
      comparedWith: 'raw',
      figures: { rate: { ...rate, median: 900 } },
    },
    { name: 'other', role: 'peer', options: {}, comparedWith: 'raw', missing: 'not here', figures: {} },
  ],
  goals: [
    { contestant: 'one', of: 'raw', atLeast: 0.95, ratio: 0.5, reached: false },
    { contestant: 'one', figure: 'rate', bound: { atMost: 1_000 }, value: 900, reached: true },
    { contestant: 'one', figure: 'rate', bound: { atLeast: 1_000 }, value: 900, reached: false },
    { contestant: 'one', of: 'raw', atLeast: 0.95, orReaches: 800, value: 900, ratio: 0.5, reached: true },
  ],
};

it('the table has a row for everyone, and says why somebody is missing', () => {
  expect(workloadTable(result)).toEqual([
    'Publish (5 rounds)',
    '',
    'contestant  role   rate (msg/s)        min..max  ratio  of',
    '----------  -----  ------------  --------------  -----  ---',
    'raw         limit        52,310  50,000..54,000   1.00  raw',
    'one         ours            900  50,000..54,000      -  raw',
    'other (peer): not here',
    '',
    '  raw: window 4,096',
    '  one: ',
    '  other: ',
    '',
    'goal: one at least 0.95 x raw: 0.50 x, NOT reached',
    'goal: one rate at most 1,000: 900.00, reached',
    'goal: one rate at least 1,000: 900.00, NOT reached',
    'goal: one at least 0.95 x raw or 800: 0.50 x and 900, reached',
  ]);
});
