import { ApiProperty } from '@nestjs/swagger';
import { IsInt, IsNotEmpty, IsString, IsUUID, Matches, Max, MaxLength, Min } from 'class-validator';
import { TEST_TOKENS } from '../domain/token-behaviour.ts';

export class ChargeRequest {
  @ApiProperty({ description: 'Minor units, as in 1999 for 19.99', example: 1999, minimum: 1 })
  @IsInt()
  @Min(1)
  @Max(1_000_000_000_000)
  amount!: number;

  @ApiProperty({ description: 'ISO 4217', example: 'EUR' })
  @Matches(/^[A-Z]{3}$/, { message: 'must be three capital letters, as in EUR' })
  currency!: string;

  @ApiProperty({ example: 'tok_approve', description: 'A test token', examples: Object.keys(TEST_TOKENS) })
  @IsString()
  @IsNotEmpty()
  @MaxLength(255)
  token!: string;
}

export class RefundRequest {
  @ApiProperty({ format: 'uuid' })
  @IsUUID()
  chargeId!: string;
}
