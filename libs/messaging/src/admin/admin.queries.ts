import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Length, Matches, Max, Min } from 'class-validator';
import { IsStorableText } from './storable-text.decorator.ts';

const MAX_PAGE = 200;
export const KEY = /^[^\s.*>\p{C}]{1,128}$/u;
export const NAME = /^[A-Za-z0-9_-]{1,64}$/;

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

export class MessageIdParams {
  @ApiProperty({ minLength: 1, maxLength: 256 })
  @IsString()
  @Length(1, 256)
  @IsStorableText()
  messageId!: string;
}

export class StreamParams {
  @ApiProperty({ example: 'ORDERS' })
  @Matches(NAME)
  stream!: string;
}

export class PageQuery {
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
  @IsStorableText()
  after?: string;
}
