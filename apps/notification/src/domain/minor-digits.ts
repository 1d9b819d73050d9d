/**
 * ISO 4217 (List One, column "Minor unit"): currencies whose number of decimals is not 2. The runtime's own table follows
 * how prices are usually written and gives 0 for HUF, IDR, COP and a dozen others, which shows a hundredfold price. MRU
 * and MGA are divided by 5, but the list gives them 2.
 */
const EXCEPTIONS: Readonly<Record<string, number>> = {
  BIF: 0,
  CLP: 0,
  DJF: 0,
  GNF: 0,
  ISK: 0,
  JPY: 0,
  KMF: 0,
  KRW: 0,
  PYG: 0,
  RWF: 0,
  UGX: 0,
  UYI: 0,
  VND: 0,
  VUV: 0,
  XAF: 0,
  XOF: 0,
  XPF: 0,
  BHD: 3,
  IQD: 3,
  JOD: 3,
  KWD: 3,
  LYD: 3,
  OMR: 3,
  TND: 3,
  CLF: 4,
  UYW: 4,
};

/** Decimals of a currency. Codes without a minor unit (gold, funds, test codes) are not used for prices and get 2. */
export function minorDigits(currency: string): number {
  return Object.hasOwn(EXCEPTIONS, currency) ? (EXCEPTIONS[currency] ?? 2) : 2;
}
