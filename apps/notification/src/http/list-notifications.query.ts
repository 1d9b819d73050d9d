import { ApiPropertyOptional } from '@nestjs/swagger';
import { USER_ID_PATTERN } from '@orderflow/contracts';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsUUID, Matches, Max, Min } from 'class-validator';

const MAX_PAGE = 100;

/** One of `userId` and `orderId` is needed; both narrow the list. */
export class ListNotificationsQuery {
  @ApiPropertyOptional({ example: 'user-1', pattern: USER_ID_PATTERN.source })
  @IsOptional()
  @Matches(USER_ID_PATTERN, { message: 'must be 1 to 64 letters, digits, "-" or "_"' })
  userId?: string;

  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptional()
  @IsUUID()
  orderId?: string;

  @ApiPropertyOptional({ minimum: 1, maximum: MAX_PAGE, default: 20 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_PAGE)
  limit = 20;

  @ApiPropertyOptional({ description: '`nextCursor` of the page before.' })
  @IsOptional()
  @Matches(/^[0-9]{1,15}$/, { message: 'must be the nextCursor of an earlier page' })
  cursor?: string;
}
