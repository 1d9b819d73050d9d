import { Injectable, type PipeTransform } from '@nestjs/common';
import { SKU_PATTERN } from '@orderflow/contracts';
import { invalidContent } from '@orderflow/service';

@Injectable()
export class SkuPipe implements PipeTransform<string, string> {
  transform(sku: string): string {
    if (SKU_PATTERN.test(sku)) return sku;
    throw invalidContent([{ field: 'sku', message: 'must be 1 to 64 letters, digits, "-" or "_"' }]);
  }
}
