import { expect, it } from '@jest/globals';
import { isSpec } from './boundaries.ts';
import { layers } from './layers.ts';
import { sourceFiles } from './workspace.ts';

it.each(Object.entries(layers))('the layers of %s are its folders, each named once', (project, order) => {
  const inside = sourceFiles(`${project}/src`).filter((file) => !isSpec(file));
  const folders = inside.map((file) => file.slice(`${project}/src/`.length).split('/').slice(0, -1));
  expect(order.toSorted()).toEqual([...new Set(folders.flatMap(([folder]) => folder ?? []))].sort());
});
