import { describe, expect, it } from '@jest/globals';
import { parseBenchArguments } from './arguments.ts';

const nothing = {
  help: false,
  pages: false,
  only: [],
  contestants: [],
  quick: false,
  json: false,
  profile: false,
  rounds: 5,
};

describe('the arguments of the benchmark', () => {
  it.each([
    [[], nothing],
    [['--quick'], { ...nothing, quick: true, rounds: 2 }],
    [['--quick', '--rounds', '7'], { ...nothing, quick: true, rounds: 7 }],
    [['--only', 'publish', '--only', 'consume'], { ...nothing, only: ['publish', 'consume'] }],
    [['--pages'], { ...nothing, pages: true }],
    [['--contestant', 'redis', '--json'], { ...nothing, contestants: ['redis'], json: true }],
  ])('%j', (args, expected) => {
    expect(parseBenchArguments(args)).toEqual(expected);
  });

  it.each([[['--rounds', '0']], [['--rounds', 'x']], [['--rounds', '1.5']], [['--fast']], [['publish']]])(
    '%j is refused',
    (args) => {
      expect(() => parseBenchArguments(args)).toThrow();
    },
  );
});
