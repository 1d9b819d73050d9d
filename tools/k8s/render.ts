// node tools/k8s/render.ts: renders the overlays anew into tools/k8s/rendered, after a change below k8s/.
import { writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { overlays, render, renderedFile } from './overlays.ts';

for (const overlay of overlays) {
  const head = `# kubectl kustomize k8s/overlays/${overlay.name}; made by tools/k8s/render.ts, not written by hand.\n`;
  const text = await format(head + render(overlay), { parser: 'yaml', singleQuote: true, printWidth: 110 });
  writeFileSync(renderedFile(overlay), text);
  console.log(`rendered ${renderedFile(overlay)}`);
}
