import { DatabaseError } from '@orderflow/database';
import {
  Body,
  Controller,
  Get,
  Module,
  NotFoundException,
  Param,
  ParseUUIDPipe,
  Post,
  Query,
} from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { HealthModule } from '../health/health.module.ts';
import { Problem } from './problem.exception.ts';

class Line {
  @IsString()
  sku!: string;

  @IsInt()
  @Min(1)
  @Max(1_000)
  quantity!: number;
}

class PlaceOrder {
  @ApiProperty({ example: 'user-1' })
  @Matches(/^[A-Za-z0-9_-]{1,64}$/)
  userId!: string;

  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => Line)
  lines!: Line[];

  @IsOptional()
  note?: unknown;
}

class Page {
  @IsOptional()
  @Matches(/^\d{1,3}$/)
  limit?: string;
}

@Controller('orders')
class OrdersController {
  @Post()
  place(@Body() order: PlaceOrder): PlaceOrder {
    return order;
  }

  @Get()
  list(@Query() page: Page): Page {
    return page;
  }

  @Get('boom')
  boom(): never {
    throw new Error('secret internals of postgres://order:hunter2@db');
  }

  @Get('unreachable')
  unreachable(): never {
    throw new DatabaseError('UNREACHABLE', 'connect ECONNREFUSED 10.0.0.7:5432', { remedy: 'Start it.' });
  }

  @Get('refused')
  refused(): never {
    throw new Problem({
      status: 409,
      type: 'https://example.org/closed',
      title: 'Closed',
      extensions: { code: 'closed' },
    });
  }

  @Get('missing')
  missing(): never {
    throw new NotFoundException('No such order.');
  }

  @Get(':id')
  get(@Param('id', ParseUUIDPipe) id: string): string {
    return id;
  }
}

@Module({ imports: [HealthModule], controllers: [OrdersController] })
export class ProblemApp {}
