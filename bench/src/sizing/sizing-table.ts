import type { WorkloadResult } from '../harness/workload.ts';
import { figureText } from '../report/figure-text.ts';
import { textTable } from '../report/text-table.ts';
import { type Measured, sizeFor, targets } from './sizing-model.ts';

/** The model's inputs, from the results that are kept. Undefined when one of them has not been measured. */
export function measuredInputs(results: readonly WorkloadResult[]): Measured | undefined {
  const rate = (workload: string, contestant: string): number =>
    results
      .find((result) => result.workload === workload)
      ?.contestants.find(({ name }) => name === contestant)?.figures['rate']?.median ?? 0;
  const measured = {
    published: rate('publish', 'publisher'),
    consumed: rate('consume', 'intake, lanes, acks'),
    plainEffects: rate('effects', 'plain handler'),
    batchEffects: rate('effects', 'batch handler'),
    relayed: rate('outbox', 'relay, 1,000 keys'),
  };
  return Object.values(measured).every((value) => value > 0) ? measured : undefined;
}

/** What goes in, and what each target needs. */
export function sizingTable(results: readonly WorkloadResult[]): string[] {
  const measured = measuredInputs(results);
  if (measured === undefined) return ['Not all of its inputs have been measured: run `npm run bench`.'];
  const inputs = Object.entries(measured).map(([name, value]) => [name, figureText(value)]);
  const needs = targets.map((target) => {
    const need = sizeFor(target, measured);
    const { brokers, diskPerBrokerGb, plainMachines, batchMachines, outboxes, partitions } = need;
    const figures = [brokers, diskPerBrokerGb, plainMachines, batchMachines, outboxes, partitions];
    return [need.target, ...figures.map((figure) => figureText(figure))];
  });
  const header = ['target', 'brokers', 'GB each', 'plain', 'batch', 'outboxes', 'partitions'];
  return [...textTable(['measured', 'msg/s'], inputs), '', ...textTable(header, needs)];
}
