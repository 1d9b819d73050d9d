import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsUserId, USER_ID_PATTERN } from '@orderflow/contracts';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';

export class ListOrdersQuery {
  @ApiProperty({ example: 'ada', pattern: USER_ID_PATTERN.source })
  @IsUserId()
  readonly userId!: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: 20 })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  readonly limit: number = 20;

  @ApiPropertyOptional({ description: '`nextCursor` of the page before.' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  readonly cursor?: string;
}
