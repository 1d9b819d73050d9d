/**
 * The official release that is fetched, and the SHA-256 of its archives `nats-server-v<version>-<platform>.tar.gz`.
 * Raise the version together with every sum. Sources: for Linux the publisher's own image definitions (repository
 * nats-io/nats-docker, 2.15.x/alpine3.22/Dockerfile at 629985321b0b00d2c39c853782c776f91f3a3189); for macOS, which
 * these leave out, the release's SHA256SUMS as several unrelated projects quote it. Where a platform has no sum here,
 * nothing is downloaded for it.
 */
export const natsRelease: { version: string; sha256: Readonly<Record<string, string>> } = {
  version: '2.15.0',
  sha256: {
    'linux-amd64': '5d2c51caca950333aba84911df7d377f826f3a59ec36061c6539105084f65c92',
    'linux-arm64': 'cdc208f5a3f42963a52b6ab06ef65626bb870315dc936e26ba571780c6351112',
    'linux-386': 'f572eccdbb35ab5c7fef7703a5b6ca49e55d039e441920ba5478972ecdcf7a47',
    'linux-arm7': 'ec5f4689d017e07cfa18442e10da051c0f3f9dd2e7f4dc7cdb55a11f1303c952',
    'linux-s390x': 'ac50bf4adc8fa6db575ed9293417b6fbec746e71cc9d360aea5cd447e4207bfc',
    'linux-ppc64le': 'a402bf73f91f674735cc85aa0e7d06d5dfa3044b98cda6ea9937cfee4e05a266',
    'linux-loong64': 'fdce4b595b4b3a9f83d07ee310334b68a0723c799e969c9ab77f3105158fd64e',
    'darwin-amd64': '5bd8b59ca5bf93fab3da2c5843cf564cd6e2e291e22ae3b861746e7ebe259b95',
    'darwin-arm64': 'e1c4e22d70bd44abfa0bcb3c16f7cf0c66f648c2e728c58924e8a1ce88913cc8',
  },
};

export const releasePage = 'https://github.com/nats-io/nats-server/releases';
export const releaseDownloadUrl = `${releasePage}/download`;

const architectures: Partial<Record<NodeJS.Architecture, string>> = {
  x64: 'amd64',
  ia32: '386',
  arm: 'arm7',
  ppc64: 'ppc64le',
};

/** This machine in the words of the release, e.g. `linux-amd64`. */
export function releasePlatform(): string {
  return `${process.platform}-${architectures[process.arch] ?? process.arch}`;
}
