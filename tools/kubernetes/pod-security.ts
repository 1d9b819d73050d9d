import { listAt, textAt } from '../k8s/manifest.ts';
import type { Kubectl } from './kubectl.ts';

/** What a program in the container is, as it sees itself: every image has a shell. */
const PROBE = `
  sed -n 's/^\\(Uid\\|CapEff\\|NoNewPrivs\\|Seccomp\\):[[:space:]]*\\([^[:space:]]*\\).*/\\1=\\2/p' /proc/self/status
  if grep -q '^[^ ]* / [^ ]* ro[, ]' /proc/mounts; then echo Root=read-only; else echo Root=writable; fi
  if [ -e /var/run/secrets/kubernetes.io/serviceaccount/token ]; then echo Token=there; else echo Token=none; fi`;

const WANTED: Readonly<Record<string, string>> = {
  CapEff: '0000000000000000',
  NoNewPrivs: '1',
  Seccomp: '2',
  Root: 'read-only',
  Token: 'none',
};

/** A sentence for each thing that a container may, and should not. */
export function securityViolations(pod: string, output: string): string[] {
  const found = new Map(
    output
      .split('\n')
      .filter(Boolean)
      .map((line): [string, string] => {
        const [name = '', value = ''] = line.split('=');
        return [name, value];
      }),
  );
  const user = found.get('Uid') ?? '0';
  return [
    ...(user === '0' ? [`${pod} runs as root`] : []),
    ...Object.entries(WANTED)
      .filter(([name, value]) => found.get(name) !== value)
      .map(([name, value]) => `${pod}: ${name} is ${found.get(name) ?? 'unknown'}, not ${value}`),
  ];
}

export async function insecurePods(kubectl: Kubectl): Promise<string[]> {
  // Those that have ended can be asked nothing.
  const running = await kubectl.json('get', 'pods', '--field-selector', 'status.phase=Running');
  const pods = listAt(running, 'items').map((pod) => textAt(pod, 'metadata.name'));
  const found = await Promise.all(
    pods.map(async (pod) => securityViolations(pod, await kubectl.exec(pod, ['sh', '-c', PROBE]))),
  );
  return found.flat();
}
