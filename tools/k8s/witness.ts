/** Remembers which fields of a value somebody has looked at. */
export class Witness {
  readonly #read = new WeakMap<object, Set<string>>();

  watch<Value extends object>(value: Value): Value {
    const read = this.#readOf(value);
    return new Proxy(value, {
      get: (target, key) => {
        const found: unknown = Reflect.get(target, key);
        if (typeof key === 'string') read.add(key);
        return typeof found === 'object' && found !== null ? this.watch(found) : found;
      },
    });
  }

  /** Paths of the fields that nobody has looked at; not those inside of one that nobody has looked at. */
  unread(value: object, path = ''): string[] {
    const read = this.#readOf(value);
    return Object.entries(value).flatMap(([key, each]: [string, unknown]) => {
      if (!read.has(key)) return [`${path}/${key}`];
      return typeof each === 'object' && each !== null ? this.unread(each, `${path}/${key}`) : [];
    });
  }

  #readOf(value: object): Set<string> {
    const known = this.#read.get(value) ?? new Set<string>();
    this.#read.set(value, known);
    return known;
  }
}
