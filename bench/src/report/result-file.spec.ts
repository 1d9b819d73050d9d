import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { WorkloadResult } from '../harness/workload.ts';
import { writeResult } from './result-file.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'orderflow-results-'));
  writeFileSync(path.join(folder, 'publish.json'), 'kept');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const resultOf = (quick: boolean, rounds: number): WorkloadResult => ({
  workload: 'publish',
  title: 'Publish',
  figures: [],
  quick,
  rounds,
  measuredAt: '2026-01-01T00:00:00.000Z',
  machine: {},
  contestants: [],
  goals: [],
});

const kept = (): string => readFileSync(path.join(folder, 'publish.json'), 'utf8');

describe('a result', () => {
  it('of a full run replaces the one that is kept', async () => {
    const files = await writeResult(folder, resultOf(false, 5), { 'publish.svg': '<svg/>' });
    expect(files).toEqual([path.join(folder, 'publish.json'), path.join(folder, 'publish.svg')]);
    expect(JSON.parse(kept())).toEqual(resultOf(false, 5));
  });

  it.each([
    ['quick', true, 5],
    ['of fewer rounds', false, 4],
  ])('that is %s leaves it as it is, and is written beside it', async (_what, quick, rounds) => {
    const files = await writeResult(folder, resultOf(quick, rounds), { 'publish.svg': '<svg/>' });
    expect(files.map((file) => path.relative(folder, file))).toEqual([
      'quick/publish.json',
      'quick/publish.svg',
    ]);
    expect(kept()).toBe('kept');
  });
});
