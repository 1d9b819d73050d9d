/** Counts effects that are committed. */
export class EffectCounter {
  #count = 0;
  #target = Infinity;
  #reached: () => void = () => undefined;

  add(effects: number): void {
    this.#count += effects;
    if (this.#count >= this.#target) this.#reached();
  }

  get count(): number {
    return this.#count;
  }

  /** Resolves with the time it took until so many more were there. */
  async more(effects: number): Promise<{ count: number; ms: number }> {
    const [before, beganAt] = [this.#count, performance.now()];
    await new Promise<void>((resolve) => {
      this.#target = before + effects;
      this.#reached = resolve;
      this.add(0);
    });
    return { count: this.#count - before, ms: performance.now() - beganAt };
  }
}
