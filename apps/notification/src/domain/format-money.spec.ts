import { describe, expect, it } from '@jest/globals';
import { Money } from '@orderflow/contracts';
import { validateSync } from 'class-validator';
import { formatMoney } from './format-money.ts';

/** ISO 4217, List One: every code that the contracts take, by its number of decimals. Those without one (N.A.) are left out. */
const BY_DIGITS: readonly [digits: number, codes: string][] = [
  [0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'],
  [3, 'BHD IQD JOD KWD LYD OMR TND'],
  [4, 'CLF UYW'],
  [
    2,
    'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF ' +
      'CHW CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK ' +
      'HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR ' +
      'MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP ' +
      'SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD YER ZAR ' +
      'ZMW ZWL',
  ],
];

const rows = BY_DIGITS.flatMap(([digits, codes]) =>
  codes.split(' ').map((currency) => ({ currency, digits })),
);

describe('money in words', () => {
  it.each(rows)('$currency has $digits decimals, as ISO 4217 says', ({ currency, digits }) => {
    const shown = formatMoney({ amount: 199_900, currency });
    expect(shown).toBe(`${(199_900 / 10 ** digits).toFixed(digits)} ${currency}`);
  });

  it('knows every currency that an order may have', () => {
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
    const codes = letters.flatMap((a) => letters.flatMap((b) => letters.map((c) => `${a}${b}${c}`)));
    const known = new Set(rows.map(({ currency }) => currency));
    // Gold, other metals, units of account, funds and test codes.
    const withoutUnit = /^X[A-Z]{2}$/;
    const taken = codes.filter(
      (currency) => validateSync(Object.assign(new Money(), { amount: 1, currency })).length === 0,
    );
    expect(taken.filter((code) => !known.has(code) && !withoutUnit.test(code))).toEqual([]);
  });

  it.each([
    [{ amount: 0, currency: 'EUR' }, '0.00 EUR'],
    [{ amount: 7, currency: 'EUR' }, '0.07 EUR'],
    [{ amount: 5, currency: 'KWD' }, '0.005 KWD'],
    [{ amount: Number.MAX_SAFE_INTEGER, currency: 'HUF' }, '90071992547409.91 HUF'],
  ])('%j is %s', (money, text) => {
    expect(formatMoney(money)).toBe(text);
  });
});
