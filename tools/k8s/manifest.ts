import { parseAllDocuments } from 'yaml';

/** A Kubernetes object as it was rendered: what is in it is the schemas' and the rules' business. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
}

export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text)
    .map((document) => {
      const [problem] = document.errors;
      if (problem !== undefined) throw problem;
      const value: unknown = document.toJS();
      return value;
    })
    .filter((value) => value !== null)
    .map((value) => {
      if (!isManifest(value)) throw new Error(`not a Kubernetes object: ${JSON.stringify(value)}`);
      return value.kind === 'Secret' ? unfolded(value) : value;
    });
}

/** Kustomize folds long base64. The API server's decoder skips line breaks, the schema's format does not. */
function unfolded(secret: Manifest): Manifest {
  const data: Record<string, string> = {};
  for (const [key, value] of mapAt(secret, 'data')) data[key] = value.replaceAll(/\s/g, '');
  return Object.assign(secret, { data });
}

export const nameOf = ({ kind, metadata }: Manifest): string => `${kind}/${metadata.name}`;

/** The value at `spec.template.spec`, or undefined where the way ends before. */
export function at(value: unknown, path: string): unknown {
  return path.split('.').reduce(child, value);
}

function child(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

export function listAt(value: unknown, path: string): unknown[] {
  const found = at(value, path);
  return Array.isArray(found) ? found : [];
}

export function textAt(value: unknown, path: string): string {
  const found = at(value, path);
  return typeof found === 'string' || typeof found === 'number' ? String(found) : '';
}

/** Fields and their values, as texts where they are texts or numbers. */
export function mapAt(value: unknown, path: string): Map<string, string> {
  const found = at(value, path);
  if (typeof found !== 'object' || found === null) return new Map();
  return new Map(Object.entries(found).map(([key, each]) => [key, String(each)]));
}

function isManifest(value: unknown): value is Manifest {
  return ['apiVersion', 'kind', 'metadata.name'].every((path) => textAt(value, path) !== '');
}
