import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { boundaries } from './boundaries.ts';
import { manifestIn, projects, root } from './workspace.ts';

interface GraphFile {
  readonly graph: { readonly dependencies: Readonly<Record<string, readonly { readonly target: string }[]>> };
}

/** The project graph as `npx nx graph` draws it. */
function nxArrows(): string[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'orderflow-graph-'));
  try {
    const file = path.join(folder, 'graph.json');
    const env = {
      ...process.env,
      NX_DAEMON: 'false',
      NX_CACHE_PROJECT_GRAPH: 'false',
      NX_ISOLATE_PLUGINS: 'false',
    };
    const nx = path.join(root, 'node_modules/nx/dist/bin/nx.js');
    execFileSync(process.execPath, [nx, 'graph', `--file=${file}`], { cwd: root, env, stdio: 'pipe' });
    const { graph } = JSON.parse(readFileSync(file, 'utf8')) as GraphFile;
    return Object.entries(graph.dependencies).flatMap(([source, arrows]) =>
      arrows.map(({ target }) => `${source} -> ${target}`),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it('the Nx project graph has exactly the arrows of the design', () => {
  const designed = projects.flatMap((project) => {
    const { uses = [], specsUse = [] } = boundaries[project] ?? {};
    return [...uses, ...specsUse].map((name) => `${manifestIn(project).name} -> @orderflow/${name}`);
  });
  expect(nxArrows().sort()).toEqual(designed.sort());
});

it('the arrows of the sources never lead back', () => {
  const reach = (name: string, seen: string[]): void => {
    expect(seen).not.toContain(name);
    const { uses = [] } = boundaries[`libs/${name}`] ?? {};
    for (const next of uses) reach(next, [...seen, name]);
  };
  for (const name of Object.keys(boundaries).filter((folder) => folder.startsWith('libs/')))
    reach(path.basename(name), []);
});
