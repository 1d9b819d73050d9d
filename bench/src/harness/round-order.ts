/** Each second round runs backwards, so that a drift of the machine favours nobody; servers change once less as well. */
export function orderOfRound<T>(contestants: readonly T[], round: number): T[] {
  return round % 2 === 0 ? [...contestants] : contestants.toReversed();
}
