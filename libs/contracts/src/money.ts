import { IsISO4217CurrencyCode, Matches } from 'class-validator';
import { IsIntegerBetween } from './field-rules.ts';

/** An amount of money that is not negative, exact to the last minor unit. */
export class Money {
  /** Minor units of the currency: 1999 of EUR is 19.99 €, 1999 of JPY is 1,999 ¥. */
  @IsIntegerBetween(0, Number.MAX_SAFE_INTEGER)
  readonly amount!: number;

  /** ISO 4217, in capitals. The pattern is there because the validator takes `eur` as well. */
  @IsISO4217CurrencyCode()
  @Matches(/^[A-Z]{3}$/)
  readonly currency!: string;
}
