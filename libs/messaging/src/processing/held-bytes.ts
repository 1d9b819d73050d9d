import { INTAKE_LIMITS as LIMITS } from '../intake/intake-limits.ts';

/** It goes on when this part of its limit is left: each start over brings again what is held. */
const RESUME_AT = 0.5;

/** Bytes of what came from the streams and is held, for each partition and for the process. */
export class HeldBytes {
  readonly #byPartition = new Map<number, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  change(partition: number, bytes: number): void {
    this.#total += bytes;
    const own = this.#of(partition) + bytes;
    if (own === 0) this.#byPartition.delete(partition);
    else this.#byPartition.set(partition, own);
  }

  /** The limit that was reached, if nothing more may be taken for this partition. */
  reached(partition: number): 'partition' | 'process' | undefined {
    const own = this.#of(partition);
    if (own > LIMITS.bytes) return 'partition';
    return own > 0 && this.#total > LIMITS.processBytes ? 'process' : undefined;
  }

  mayResume(partition: number): boolean {
    const own = this.#of(partition);
    const hasRoom = own <= LIMITS.bytes * RESUME_AT && this.#total <= LIMITS.processBytes * RESUME_AT;
    return own === 0 || hasRoom;
  }

  #of(partition: number): number {
    return this.#byPartition.get(partition) ?? 0;
  }
}
