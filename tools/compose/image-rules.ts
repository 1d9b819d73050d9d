import { listAt, mapAt, textAt } from '../k8s/manifest.ts';

const megabyte = 1_000_000;
const wholeLimit = 350 * megabyte;
/** Without the base, which others share. */
const ownLimit = 120 * megabyte;

/** Of the OCI image spec, each below `org.opencontainers.image`. */
const labels = ['title', 'description', 'version', 'revision', 'licenses', 'base.name'];

const inMegabytes = (size: number): string => `${Math.round(size / megabyte)} MB`;

/**
 * One sentence for each thing that one of our images is not.
 *
 * @param image as `docker image inspect` says it
 */
export function imageViolations(image: unknown, baseSize: number): string[] {
  const name = textAt(image, 'RepoTags.0');
  const size = Number(textAt(image, 'Size'));
  const user = textAt(image, 'Config.User');
  const command = textAt(image, 'Config.Cmd.0');
  const given = mapAt(image, 'Config.Labels');
  const stays = !name.startsWith('orderflow/tools:');
  const found: [boolean, string][] = [
    [size >= wholeLimit, `has ${inMegabytes(size)}`],
    [size - baseSize >= ownLimit, `adds ${inMegabytes(size - baseSize)} to its base`],
    [!/^[1-9]\d*:[1-9]\d*$/.test(user), `runs as "${user}", not as a number that is not root`],
    // A shell in between would be process 1, and keep SIGTERM to itself.
    [command !== 'node', `starts ${command}, not node`],
    [stays && listAt(image, 'Config.Healthcheck.Test').length === 0, 'has no health check'],
  ];
  const unlabelled = labels
    .map((label) => `org.opencontainers.image.${label}`)
    .filter((label) => (given.get(label) ?? '') === '');
  return [
    ...found.filter(([wrong]) => wrong).map(([, what]) => `${name} ${what}`),
    ...unlabelled.map((label) => `${name} has no label ${label}`),
  ];
}
