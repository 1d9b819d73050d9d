import { describe, expect, it } from '@jest/globals';
import { imageViolations } from './image-rules.ts';

const baseSize = 260_000_000;

const labels = Object.fromEntries(
  ['title', 'description', 'version', 'revision', 'licenses', 'base.name'].map((label) => [
    `org.opencontainers.image.${label}`,
    'something',
  ]),
);

const sound = {
  RepoTags: ['orderflow/order:dev'],
  Size: 300_000_000,
  Config: { User: '1000:1000', Cmd: ['node', 'main.js'], Labels: labels, Healthcheck: { Test: ['CMD'] } },
};

const changed = (config: object): object => ({
  ...sound,
  Config: { ...sound.Config, ...config },
});

describe('the rules for images', () => {
  it('let a sound one pass', () => {
    expect(imageViolations(sound, baseSize)).toEqual([]);
  });

  it.each<[string, object, string]>([
    ['is too big', { ...sound, Size: 360_000_000 }, 'has 360 MB'],
    ['runs as root', changed({ User: '' }), 'runs as ""'],
    ['runs as root by number', changed({ User: '0:0' }), 'runs as "0:0"'],
    ['names its user', changed({ User: 'node' }), 'runs as "node"'],
    ['starts a shell', changed({ Cmd: ['/bin/sh', '-c', 'node main.js'] }), 'starts /bin/sh'],
    ['has no health check', changed({ Healthcheck: null }), 'has no health check'],
    ['has no labels', changed({ Labels: null }), 'has no label org.opencontainers.image.title'],
  ])('refuse one that %s', (_what, image, says) => {
    expect(imageViolations(image, baseSize).join('\n')).toContain(`orderflow/order:dev ${says}`);
  });

  it('refuse one that adds too much to a small base', () => {
    expect(imageViolations(sound, 100_000_000)).toEqual(['orderflow/order:dev adds 200 MB to its base']);
  });
});
