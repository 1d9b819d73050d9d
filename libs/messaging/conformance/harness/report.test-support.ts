/** Prints figures that a page cites, past Jest's own reporting. */
export function report(what: string, figures: readonly number[]): void {
  process.stderr.write(`  figure: ${what}: ${figures.map((figure) => Math.round(figure)).join(', ')}\n`);
}
