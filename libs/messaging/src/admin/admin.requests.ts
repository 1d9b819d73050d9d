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
