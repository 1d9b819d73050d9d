import type { WorkspaceFacts } from './app-facts.ts';
import type { Manifest } from './manifest.ts';

/** A rendered overlay, and what the sources say that it must fit. */
export interface Subject {
  manifests: readonly Manifest[];
  facts: WorkspaceFacts;
  /** Secrets that the operator makes before the first apply. */
  externalSecrets: readonly string[];
}

export interface Rule {
  name: string;
  /** One sentence for each violation, with the object's name. */
  find: (subject: Subject) => string[];
}
