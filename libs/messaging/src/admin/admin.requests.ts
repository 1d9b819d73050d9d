import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  isBase64,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  Validate,
  type ValidationArguments,
  ValidatorConstraint,
  type ValidatorConstraintInterface,
} from 'class-validator';
import { MAX_SELECTED } from '../dead-letter/dead-letter-selection.ts';

const MAX_PAGE = 200;
const KEY = /^[^\s.*>\p{C}]{1,128}$/u;
const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const NOT_BLANK = { message: '$property must not be blank' };

/** Kept for good beside what was done. */
export class ReasonRequest {
  @ApiProperty({ minLength: 1, maxLength: 200, example: 'ada', description: 'Who does it.' })
  @IsString()
  @Length(1, 200)
  @Matches(/\S/, NOT_BLANK)
  who!: string;

  @ApiProperty({ minLength: 1, maxLength: 1_000, example: 'The address was mended in 1.4.2.' })
  @IsString()
  @Length(1, 1_000)
  @Matches(/\S/, NOT_BLANK)
  why!: string;
}

export class KeyRedriveRequest extends ReasonRequest {
  @ApiPropertyOptional({
    description: 'Only those of this consumer: `ordered`, a queue group, or `unrouted`.',
  })
  @IsOptional()
  @Matches(NAME)
  consumer?: string;
}

export class BulkRedriveRequest extends KeyRedriveRequest {
  @ApiProperty({
    minimum: 1,
    maximum: MAX_SELECTED,
    description:
      'How many match. Any other number changes nothing, so that no more are redriven than were looked at.',
  })
  @IsInt()
  @Min(1)
  @Max(MAX_SELECTED)
  expected!: number;

  @ApiPropertyOptional()
  @IsOptional()
  @Matches(KEY)
  key?: string;

  @ApiPropertyOptional({ example: 'ORDERS' })
  @IsOptional()
  @Matches(NAME)
  stream?: string;

  @ApiPropertyOptional({ description: 'The last one that was looked at: later ones are not meant.' })
  @IsOptional()
  @IsInt()
  @Min(1)
  throughId?: number;
}

/** A decoder would leave out what is no base64, and store something else than was sent. */
@ValidatorConstraint({ name: 'fitsEncoding' })
class FitsEncoding implements ValidatorConstraintInterface {
  validate(body: unknown, { object }: ValidationArguments): boolean {
    const encoding = 'bodyEncoding' in object ? object.bodyEncoding : undefined;
    return encoding !== 'base64' || body === '' || isBase64(body);
  }

  defaultMessage(): string {
    return 'body must be base64, as bodyEncoding says';
  }
}

export class BodyRequest extends ReasonRequest {
  @ApiProperty({ maxLength: 1_000_000, description: 'The whole new body.' })
  @IsString()
  @Length(0, 1_000_000)
  @Validate(FitsEncoding)
  body!: string;

  @ApiPropertyOptional({ enum: ['utf8', 'base64'], default: 'utf8' })
  @IsOptional()
  @IsIn(['utf8', 'base64'])
  bodyEncoding?: 'utf8' | 'base64';
}

export class IdParams {
  @ApiProperty({ minimum: 1 })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  id!: number;
}

export class KeyParams {
  @ApiProperty()
  @Matches(KEY, { message: 'key must be 1 to 128 characters without dots, wildcards or white space' })
  key!: string;
}

class PageQuery {
  @ApiPropertyOptional({ minimum: 1, maximum: MAX_PAGE, default: 50 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_PAGE)
  limit?: number;
}

export class DeadLettersQuery extends PageQuery {
  @ApiPropertyOptional({ description: '`ordered`, the name of a queue group, or `unrouted`.' })
  @IsOptional()
  @Matches(NAME)
  consumer?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @Matches(KEY)
  key?: string;

  @ApiPropertyOptional({ example: 'ORDERS' })
  @IsOptional()
  @Matches(NAME)
  stream?: string;

  @ApiPropertyOptional({ minimum: 0, description: '`next` of the page before.' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  after?: number;
}

export class BlockedKeysQuery extends PageQuery {
  @ApiPropertyOptional({ description: '`next` of the page before.' })
  @IsOptional()
  @IsString()
  @Length(0, 300)
  after?: string;
}
