import { describe, expect, it } from '@jest/globals';
import { PartitionLeases } from '../intake/partition-leases.ts';
import type { Lease } from '../ownership/fence.ts';
import { receivedMessage } from '../testing/received-message.test-support.ts';
import type { Verdict } from './attempt-marker.ts';
import { ExclusiveGate } from './exclusive-gate.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import { type Outcome, SETTLED } from './settlement.ts';
import { SuspectRuns } from './suspect-runs.ts';

const NEVER = new AbortController().signal;
const NEW: Verdict = { state: 'new', attempts: 0, begun: false };
/** It ran alone when a process ended. */
const BEGUN: Verdict = { state: 'new', attempts: 2, begun: true };

/** A process that holds suspects, whose messages run until they are ended. */
class Process {
  readonly lease: Lease = { resource: 'partition-00', owner: 'a', epoch: 3, suspicious: true };
  readonly #leases = new PartitionLeases();
  readonly suspects = new SuspectRuns(new ExclusiveGate(), this.#leases);
  readonly ran: ReceivedMessage[] = [];

  constructor() {
    this.#leases.add(0, this.lease);
  }

  run(
    held: ReceivedMessage,
    how: { verdict: Verdict; leases?: readonly Lease[]; outcome: Promise<Outcome> | Outcome },
  ): Promise<Outcome | 'cleared' | undefined> {
    const { verdict, leases = [this.lease], outcome } = how;
    return this.suspects.run(held, {
      leases,
      signal: NEVER,
      vet: () => Promise.resolve(verdict),
      handle: async () => {
        this.ran.push(held);
        return await outcome;
      },
    });
  }
}

function suspect(key: string): ReceivedMessage {
  return receivedMessage(key, { suspect: true });
}

describe('when the message that ended the processes is settled', () => {
  it('those that wait for their turn are no longer suspects, and run beside others', async () => {
    const process = new Process();
    const [deadly, neighbour, ofGroup] = [suspect('deadly'), suspect('neighbour'), suspect('group')];
    const runs = [
      process.run(deadly, { verdict: BEGUN, outcome: SETTLED }),
      process.run(neighbour, { verdict: NEW, outcome: SETTLED }),
      process.run(ofGroup, { verdict: NEW, leases: [], outcome: SETTLED }),
    ];
    expect(await Promise.all(runs)).toEqual([SETTLED, 'cleared', 'cleared']);
    expect(process.ran).toEqual([deadly]);
    expect([neighbour, ofGroup].map((held) => held.suspect)).toEqual([false, false]);
  });

  it('those that come later under the same leases are none either, but under a newer lease they are', async () => {
    const process = new Process();
    await process.run(suspect('deadly'), { verdict: BEGUN, outcome: SETTLED });
    expect(await process.run(suspect('late'), { verdict: NEW, outcome: SETTLED })).toBe('cleared');
    const newer = { ...process.lease, epoch: 4, suspicious: true };
    const taken = suspect('taken');
    expect(await process.run(taken, { verdict: NEW, leases: [newer], outcome: SETTLED })).toEqual(SETTLED);
    expect(process.ran.at(-1)).toBe(taken);
  });
});

it.each([
  ['that ran for the first time', NEW, SETTLED],
  ['that is tried again', BEGUN, { state: 'waiting', forMs: 40 } as const],
])('the search for the cause goes on after a message %s', async (_, verdict, outcome) => {
  const process = new Process();
  const [first, second] = [suspect('first'), suspect('second')];
  await Promise.all([
    process.run(first, { verdict, outcome }),
    process.run(second, { verdict: NEW, outcome: SETTLED }),
  ]);
  expect(process.ran).toEqual([first, second]);
});
