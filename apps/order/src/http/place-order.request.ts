import { ApiProperty } from '@nestjs/swagger';
import {
  IsPaymentToken,
  IsSku,
  IsUserId,
  LINE_QUANTITY,
  ORDER_LINES,
  SKU_PATTERN,
  USER_ID_PATTERN,
} from '@orderflow/contracts';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsEmail,
  IsIn,
  IsInt,
  IsObject,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';

export class PlaceOrderLine {
  @ApiProperty({ example: 'MUG', pattern: SKU_PATTERN.source })
  @IsSku()
  readonly sku!: string;

  @ApiProperty({ type: 'integer', example: 2, minimum: LINE_QUANTITY.min, maximum: LINE_QUANTITY.max })
  @IsInt()
  @Min(LINE_QUANTITY.min)
  @Max(LINE_QUANTITY.max)
  readonly quantity!: number;
}

/** Without prices: they come from the catalogue. */
export class PlaceOrderRequest {
  /** Becomes a token of a subject: whatever could break or widen one is refused here. */
  @ApiProperty({ example: 'ada', pattern: USER_ID_PATTERN.source })
  @IsUserId()
  readonly userId!: string;

  // The pattern is there because a quoted local part may hold line breaks, which have no place in a mail header.
  @ApiProperty({ example: 'ada@example.org', maxLength: 254 })
  @IsEmail()
  @Matches(/^[\x21-\x7e]*$/, { message: 'email must be printable ASCII without blanks' })
  @MaxLength(254)
  readonly email!: string;

  @ApiProperty({ enum: ['EUR'], example: 'EUR' })
  @IsIn(['EUR'], { message: 'currency must be EUR, the currency of the catalogue' })
  readonly currency!: string;

  @ApiProperty({ example: 'tok_approve', description: 'By which the payment provider knows what to charge.' })
  @IsPaymentToken()
  readonly paymentToken!: string;

  @ApiProperty({ type: [PlaceOrderLine], minItems: ORDER_LINES.min, maxItems: ORDER_LINES.max })
  @IsArray()
  @ArrayMinSize(ORDER_LINES.min)
  @ArrayMaxSize(ORDER_LINES.max)
  // Alone, nested validation would go into a list within the list and find nothing wrong.
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => PlaceOrderLine)
  readonly lines!: readonly PlaceOrderLine[];
}
