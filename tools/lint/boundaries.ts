/**
 * Which project may import which: the arrows of the design, as data. The lint rule `orderflow/boundary` and the test of the
 * Nx project graph both read this table, so that the two cannot say different things.
 */
export interface Boundary {
  /** Libraries that its sources may import, by their name after `@orderflow/`. */
  readonly uses: readonly string[];
  /** Libraries that its specs may import on top of those. */
  readonly specsUse?: readonly string[];
}

const service: Boundary = { uses: ['contracts', 'database', 'messaging', 'service'], specsUse: ['testing'] };

/** Its specs run against a payment provider or a mail server as well. */
const callingService: Boundary = { ...service, specsUse: ['embedded', 'testing'] };

/** Each project by its folder. A folder under `apps/` or `libs/` that is not here is refused, so that none is forgotten. */
export const boundaries: Readonly<Record<string, Boundary>> = {
  'apps/order': service,
  'apps/payment': callingService,
  'apps/inventory': service,
  'apps/notification': callingService,
  'apps/payment-sandbox': { uses: ['service'], specsUse: ['testing'] },
  'libs/contracts': { uses: ['messaging'] },
  'libs/messaging': { uses: ['database'], specsUse: ['testing'] },
  'libs/service': { uses: ['database', 'messaging'], specsUse: ['testing'] },
  'libs/database': { uses: [], specsUse: ['testing'] },
  'libs/embedded': { uses: [] },
  'libs/testing': { uses: ['embedded'] },
  tools: { uses: ['contracts', 'database', 'embedded', 'messaging'] },
  bench: { uses: ['database', 'embedded', 'messaging', 'tools'] },
  // Of the services only what their `door.ts` shows: the pure decisions, which the model test drives.
  e2e: { uses: ['testing', 'tools', 'order', 'payment', 'inventory', 'notification'] },
};

/** Packages of others that only some projects may import. */
export const reserved: readonly { readonly prefix: string; readonly projects: readonly string[] }[] = [
  // The services speak of events, never of the broker: who imports a client can publish past the outbox.
  {
    prefix: '@nats-io/',
    projects: ['libs/messaging', 'libs/testing', 'libs/embedded', 'tools', 'e2e', 'bench'],
  },
];

export interface SideDoor {
  readonly projects: readonly string[];
  readonly specsOnly?: boolean;
}

/** Doors of a library beside its main one, and who may use them. */
export const sideDoors: Readonly<Record<string, SideDoor>> = {
  // Timing a part by itself needs the part by itself.
  '@orderflow/messaging/internals': { projects: ['bench'] },
  '@orderflow/messaging/testing': {
    projects: ['apps/order', 'apps/payment', 'apps/inventory', 'apps/notification'],
    specsOnly: true,
  },
};

/** All that `src/domain/` may import besides its own files: no framework, no I/O, no clock. */
export const domainUses: readonly string[] = ['@orderflow/contracts', 'node:crypto'];

/** The project folder that a path (relative to the workspace, with `/`) lies in. */
export function projectOf(file: string): string | undefined {
  const [top = '', second = ''] = file.split('/');
  const folder = top === 'apps' || top === 'libs' ? `${top}/${second}` : top;
  return folder in boundaries ? folder : undefined;
}

/** Whether a file is a test or serves tests only. */
export function isSpec(file: string): boolean {
  return /\.(spec|test-support)\.(ts|mjs)$/.test(file);
}
