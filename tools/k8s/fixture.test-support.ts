import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { type Manifest, nameOf } from './manifest.ts';

/** A sound overlay with one thing wrong. */
export interface Fixture {
  /** The rule that must see it. */
  rule: string;
  object: string;
  /** `/spec/template/spec/containers/0/image` */
  at: string;
  /** Left out: the field is removed. */
  value?: unknown;
  /** Part of what the rule must say. */
  says: string;
}

export function readFixtures(): Fixture[] {
  return parse(readFileSync(path.join(import.meta.dirname, 'fixtures/broken.yaml'), 'utf8')) as Fixture[];
}

/** A copy of the manifests with the fixture's one change. */
export function breakManifests(manifests: readonly Manifest[], fixture: Fixture): Manifest[] {
  const copy = structuredClone([...manifests]);
  const object = copy.find((manifest) => plainName(manifest) === fixture.object);
  const keys = fixture.at
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/'));
  const last = keys.pop() ?? '';
  const parent = keys.reduce<unknown>((value, key) => Reflect.get(Object(value), key), object);
  if (object === undefined || typeof parent !== 'object' || parent === null)
    throw new Error(`${fixture.object}${fixture.at} is not there, so the fixture breaks nothing`);
  if (fixture.value === undefined) Reflect.deleteProperty(parent, last);
  else Reflect.set(parent, last, fixture.value);
  return copy;
}

/** Without the hash that Kustomize adds to generated ConfigMaps and Secrets. */
const plainName = (manifest: Manifest): string => nameOf(manifest).replace(/-[a-z0-9]{10}$/, '');
