// node strip-dev-dependencies.mjs: takes the development dependencies out of package-lock.json and of every package.json
// of the workspace, in place; for a build stage, not for a working copy.
// `npm ci --omit=dev --workspace apps/order` alone follows the development dependencies of a workspace when they are
// workspaces themselves, and so ships PostgreSQL and a mail server with each service.
import { readFileSync, writeFileSync } from 'node:fs';

/** @param {string} file @param {(content: Record<string, any>) => void} change */
function rewrite(file, change) {
  const content = JSON.parse(readFileSync(file, 'utf8'));
  change(content);
  writeFileSync(file, JSON.stringify(content));
}

rewrite('package-lock.json', ({ packages }) => {
  for (const [folder, entry] of Object.entries(packages)) {
    if (folder.includes('node_modules/')) continue;
    delete entry.devDependencies;
    const manifest = folder === '' ? 'package.json' : `${folder}/package.json`;
    rewrite(manifest, (declared) => delete declared.devDependencies);
  }
});
