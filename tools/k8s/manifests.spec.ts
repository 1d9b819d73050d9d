import { describe, expect, it } from '@jest/globals';
import { allRules } from './all-rules.ts';
import { workspaceFacts } from './app-facts.ts';
import { breakManifests, type Fixture, readFixtures } from './fixture.test-support.ts';
import { nameOf, parseManifests } from './manifest.ts';
import { overlays, render, rendered, whyNoKubectl } from './overlays.ts';
import type { Rule } from './rule.ts';

const facts = workspaceFacts();

/** Whose rule's name has the fixture's words in it. */
const ruleOf = (fixture: Fixture): Rule => {
  const found = allRules.filter(({ name }) => name.includes(fixture.rule));
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`${fixture.rule} names ${found.length} rules`);
  return found[0];
};

describe.each(overlays)('k8s/overlays/$name', (overlay) => {
  const { externalSecrets } = overlay;
  const manifests = parseManifests(rendered(overlay));

  it('has every service, the broker and their policies', () => {
    expect(manifests.map(nameOf)).toEqual(
      expect.arrayContaining([
        ...['order', 'payment', 'inventory', 'notification'].flatMap((name) => [
          `Deployment/${name}`,
          `Service/${name}`,
          `PodDisruptionBudget/${name}`,
          `HorizontalPodAutoscaler/${name}`,
        ]),
        'StatefulSet/nats',
        'PodDisruptionBudget/nats',
        'NetworkPolicy/deny-all',
      ]),
    );
  });

  it.each(allRules)('$name', ({ find }) => {
    expect(find({ manifests, facts, externalSecrets })).toEqual([]);
  });

  const why = whyNoKubectl();
  const itWithKubectl = why === undefined ? it : it.skip;
  itWithKubectl(`is what tools/k8s/rendered has${why === undefined ? '' : ` (SKIPPED: ${why})`}`, () => {
    const sorted = (text: string) => parseManifests(text).sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
    // When this fails after a change below k8s/: node tools/k8s/render.ts
    expect(sorted(render(overlay))).toEqual(sorted(rendered(overlay)));
  });
});

describe('a rule refuses', () => {
  const [local] = overlays;
  const sound = local === undefined ? [] : parseManifests(rendered(local));

  it.each(readFixtures())('$object$at: $says', (fixture) => {
    const manifests = breakManifests(sound, fixture);
    const violations = ruleOf(fixture).find({ manifests, facts, externalSecrets: [] });
    expect(violations.join('\n')).toContain(fixture.says);
  });

  it('something in a fixture, each of them', () => {
    const used = new Set(readFixtures().map((fixture) => ruleOf(fixture).name));
    expect(allRules.map(({ name }) => name).filter((name) => !used.has(name))).toEqual([]);
  });
});

it('production has three brokers on three zones, and streams with three copies', () => {
  const production = overlays.find(({ name }) => name === 'production');
  const text = production === undefined ? '' : rendered(production);
  const nats = parseManifests(text).find((manifest) => nameOf(manifest) === 'StatefulSet/nats');
  expect(nats).toMatchObject({
    spec: {
      replicas: 3,
      template: {
        spec: {
          topologySpreadConstraints: expect.arrayContaining([
            expect.objectContaining({
              topologyKey: 'topology.kubernetes.io/zone',
              whenUnsatisfiable: 'DoNotSchedule',
            }),
          ]),
        },
      },
    },
  });
  expect(text).toContain("STREAM_REPLICAS: '3'");
});
