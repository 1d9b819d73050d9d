import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { ServerResponse } from 'node:http';

/** Requests that get no answer. They end when the caller goes or when the process stops, whichever comes first. */
@Injectable()
export class HeldRequests implements OnModuleDestroy {
  readonly #release = new Set<() => void>();
  #stopping = false;

  get count(): number {
    return this.#release.size;
  }

  async hold(response: ServerResponse): Promise<void> {
    if (this.#stopping || response.destroyed) return;
    await new Promise<void>((resolve) => {
      this.#release.add(resolve);
      response.once('close', () => {
        this.#release.delete(resolve);
        resolve();
      });
    });
  }

  onModuleDestroy(): void {
    this.#stopping = true;
    for (const release of this.#release) release();
    this.#release.clear();
  }
}
