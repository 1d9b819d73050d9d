import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
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
import { KEY, NAME } from './admin.queries.ts';
import { IsStorableText } from './storable-text.decorator.ts';

const NOT_BLANK = { message: '$property must not be blank' };

/** Kept for good beside what was done. */
export class ReasonRequest {
  @ApiProperty({ minLength: 1, maxLength: 200, example: 'ada', description: 'Who does it.' })
  @IsString()
  @Length(1, 200)
  @Matches(/\S/, NOT_BLANK)
  @IsStorableText()
  who!: string;

  @ApiProperty({ minLength: 1, maxLength: 1_000, example: 'The address was mended in 1.4.2.' })
  @IsString()
  @Length(1, 1_000)
  @Matches(/\S/, NOT_BLANK)
  @IsStorableText()
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

export class BulkRequest extends KeyRedriveRequest {
  @ApiProperty({
    minimum: 1,
    maximum: MAX_SELECTED,
    description:
      'How many match. Any other number changes nothing, so that no more are changed than were looked at.',
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
  @Max(Number.MAX_SAFE_INTEGER)
  throughId?: number;
}

/** As the outbox limits what it takes. */
const MAX_BODY_BYTES = 1_000_000;

/** A decoder would leave out what is no base64, and replace what is no UTF-8: something else than was sent would be stored. */
@ValidatorConstraint({ name: 'fitsEncoding' })
class FitsEncoding implements ValidatorConstraintInterface {
  validate(body: unknown, { object }: ValidationArguments): boolean {
    if (typeof body !== 'string') return false;
    const isEncoded = 'bodyEncoding' in object && object.bodyEncoding === 'base64';
    const faithful = isEncoded ? body === '' || isBase64(body) : body.isWellFormed();
    return faithful && Buffer.byteLength(body, isEncoded ? 'base64' : 'utf8') <= MAX_BODY_BYTES;
  }

  defaultMessage(): string {
    return 'body must be at most 1,000,000 bytes of what bodyEncoding says: well-formed text or base64';
  }
}

export class BodyRequest extends ReasonRequest {
  @ApiProperty({ description: 'The whole new body: at most 1,000,000 bytes once it is decoded.' })
  @IsString()
  @Validate(FitsEncoding)
  body!: string;

  @ApiPropertyOptional({ enum: ['utf8', 'base64'], default: 'utf8' })
  @IsOptional()
  @IsIn(['utf8', 'base64'])
  bodyEncoding?: 'utf8' | 'base64';
}
