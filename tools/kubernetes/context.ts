/** The cluster that the kubeconfig's context names. */
export interface ClusterContext {
  name: string;
  /** The API server's address. */
  server: string;
}

/** How images get from this machine's Docker Engine into the cluster. `%` stands for their names. */
interface Loader {
  /** Of contexts. */
  pattern: RegExp;
  /** Undefined: the cluster uses the images of this machine's Docker Engine. */
  command: ((context: string) => string[]) | undefined;
}

const loaders: readonly Loader[] = [
  {
    pattern: /^kind-/,
    command: (context) => ['kind', 'load', 'docker-image', '--name', context.slice('kind-'.length), '%'],
  },
  {
    pattern: /^k3d-/,
    command: (context) => ['k3d', 'image', 'import', '--cluster', context.slice('k3d-'.length), '%'],
  },
  { pattern: /^minikube$/, command: () => ['minikube', 'image', 'load', '%'] },
  { pattern: /^(?:docker-desktop|docker-for-desktop|rancher-desktop|orbstack)$/, command: undefined },
];

const loopback = /^https?:\/\/(?:127\.|localhost[:/]|\[::1\])/;

/** Whether a test may use it without being told its name. */
export function looksLocal({ name, server }: ClusterContext): boolean {
  return loopback.test(server) || loaders.some(({ pattern }) => pattern.test(name));
}

/**
 * The command that loads images, with their names in it; undefined when nothing has to be loaded.
 *
 * @param given a command of the user's, to which the names are added, or in which `%` stands for them
 * @throws when neither the user nor the context's name says how
 */
export function loadCommand(
  { name }: ClusterContext,
  images: readonly string[],
  given?: string,
): string[] | undefined {
  const loader = loaders.find(({ pattern }) => pattern.test(name));
  if (given === undefined && loader === undefined)
    throw new Error(
      `how do images get into the cluster of context ${name}? Give the command: --load "<command> %", where % stands for their names`,
    );
  const parts = given === undefined ? loader?.command?.(name) : given.split(/\s+/).filter(Boolean);
  if (parts === undefined) return undefined;
  const words = parts.includes('%') ? parts : [...parts, '%'];
  return words.flatMap((word) => (word === '%' ? [...images] : [word]));
}
