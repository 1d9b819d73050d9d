import { expect, it } from '@jest/globals';
import { securityViolations } from './pod-security.ts';

const sound = 'Uid=1000\nCapEff=0000000000000000\nNoNewPrivs=1\nSeccomp=2\nRoot=read-only\nToken=none\n';

it('finds nothing wrong with a container that may do as little as it needs', () => {
  expect(securityViolations('order', sound)).toEqual([]);
});

it.each([
  ['Uid=1000', 'Uid=0', 'order runs as root'],
  [
    'CapEff=0000000000000000',
    'CapEff=00000000a80425fb',
    'order: CapEff is 00000000a80425fb, not 0000000000000000',
  ],
  ['NoNewPrivs=1', 'NoNewPrivs=0', 'order: NoNewPrivs is 0, not 1'],
  ['Seccomp=2', 'Seccomp=0', 'order: Seccomp is 0, not 2'],
  ['Root=read-only', 'Root=writable', 'order: Root is writable, not read-only'],
  ['Token=none', 'Token=there', 'order: Token is there, not none'],
  ['Seccomp=2\n', '', 'order: Seccomp is unknown, not 2'],
])('finds %s instead of %s', (had, has, says) => {
  expect(securityViolations('order', sound.replace(had, has))).toEqual([says]);
});
