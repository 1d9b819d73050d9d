import { ApiProperty } from '@nestjs/swagger';
import { IsInt, IsUUID, Max, Min } from 'class-validator';

/** One delivery from a supplier. Sending it again under the same id changes nothing. */
export class ReceiveStockRequest {
  @ApiProperty({ format: 'uuid', example: '5f0c1c8e-6f0e-4c57-9d0a-3a3f2b7c9d10' })
  @IsUUID()
  receiptId!: string;

  @ApiProperty({ minimum: 1, maximum: 1_000_000, example: 40 })
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  quantity!: number;
}
