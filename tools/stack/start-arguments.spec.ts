import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseStartArguments } from './start-arguments.ts';
import { workspaceRoot } from './stack-layout.ts';

describe('the arguments of npm start', () => {
  it('default to one of each in .orderflow, data kept', () => {
    const directory = path.join(workspaceRoot, '.orderflow');
    expect(parseStartArguments([])).toEqual({
      help: false,
      options: { directory, fresh: false, scale: {}, natsNodes: 1, ports: {} },
    });
  });

  it('take scales and ports by name', () => {
    const args = [
      '--fresh',
      '--scale',
      'payment=3',
      '--scale=order=2',
      '--nats-nodes=3',
      '--port',
      'payment-sandbox=4001',
      '--directory',
      '/x',
    ];
    expect(parseStartArguments(args)).toEqual({
      help: false,
      options: {
        directory: '/x',
        fresh: true,
        scale: { payment: 3, order: 2 },
        natsNodes: 3,
        ports: { 'payment-sandbox': 4001 },
      },
    });
  });

  it('can ask for help', () => {
    expect(parseStartArguments(['-h'])).toEqual({ help: true });
  });

  it.each([
    ['--scale=postgres=2', /--scale postgres=2: expected NAME=NUMBER/],
    ['--scale=payment', /--scale payment: expected NAME=NUMBER/],
    ['--scale=payment=0', /from 1 to 16/],
    ['--scale=payment=17', /from 1 to 16/],
    ['--nats-nodes=2', /--nats-nodes 2: the number must be 1 or 3/],
    ['--nats-nodes=', /must be 1 or 3/],
    ['--port=shop=1', /NAME one of postgres, nats/],
    ['--port=order=65536', /from 1 to 65535/],
    ['--prot=order=1', /Unknown option '--prot/],
    ['stray', /stray/],
  ])('refuse %s and show what is right', (argument, message) => {
    expect(() => parseStartArguments([argument])).toThrow(message);
    expect(() => parseStartArguments([argument])).toThrow(/npm start -- /);
  });
});
