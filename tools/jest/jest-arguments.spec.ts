import { describe, expect, it } from '@jest/globals';
import { conformanceArguments } from './conformance-arguments.ts';
import { jestArguments, type KindOf } from './jest-arguments.ts';

const kindOf: KindOf = (path) => {
  if (path.startsWith('nowhere')) return undefined;
  return path.endsWith('.ts') ? 'file' : 'folder';
};

describe('the arguments of tools/jest.mjs', () => {
  it.each([
    ['nothing: every spec', [], []],
    ['options only', ['--testPathPatterns', 'order'], ['--testPathPatterns', 'order']],
    ['a file', ['a.spec.ts'], ['--runTestsByPath', 'a.spec.ts']],
    [
      'files and options',
      ['a.spec.ts', 'b.spec.ts', '-t', 'x'],
      ['--runTestsByPath', 'a.spec.ts', 'b.spec.ts', '-t', 'x'],
    ],
    ['a folder, which may hold no specs', ['apps/order'], ['--roots', 'apps/order', '--passWithNoTests']],
    [
      'folders and options',
      ['apps', 'libs', '--watch'],
      ['--roots', 'apps', '--roots', 'libs', '--passWithNoTests', '--watch'],
    ],
  ])('%s', (_, args, expected) => {
    expect(jestArguments(args, kindOf)).toEqual(expected);
  });

  it('are refused when a path does not exist', () => {
    expect(() => jestArguments(['nowhere.spec.ts'], kindOf)).toThrow(
      /^nowhere\.spec\.ts does not exist\. Name/,
    );
  });

  it('are refused when files and folders are mixed', () => {
    expect(() => jestArguments(['a.spec.ts', 'apps'], kindOf)).toThrow('cannot be mixed');
  });
});

describe('the arguments of npm run conformance', () => {
  const outbox = 'libs/messaging/conformance/outbox.conformance.spec.ts';
  const drain = 'libs/messaging/conformance/outbox-drain.conformance.spec.ts';
  const order = 'libs/messaging/conformance/order.conformance.spec.ts';
  const specs = [order, drain, outbox];

  it.each([
    ['no name: all specs', [], specs],
    ['a name: the specs whose path has it', ['outbox'], [drain, outbox]],
    ['a longer part of the path: one spec', ['outbox.conformance'], [outbox]],
    ['two names: the specs of both', ['order', 'drain'], [order, drain]],
  ])('%s', (_, args, expected) => {
    expect(conformanceArguments(args, specs)).toEqual([
      '--runTestsByPath',
      ...expected,
      '--runInBand',
      '--verbose',
    ]);
  });

  it('pass the options of Jest on', () => {
    expect(conformanceArguments(['order', '-t', 'outbox'], specs)).toEqual([
      ...['--runTestsByPath', order, '--runInBand', '--verbose'],
      ...['-t', 'outbox'],
    ]);
  });

  it('are refused when a name is in no path, with the names that exist', () => {
    expect(() => conformanceArguments(['order', 'ordre'], specs)).toThrow(
      'No conformance spec has "ordre" in its path. Use one of: order, outbox, outbox-drain.',
    );
  });
});
