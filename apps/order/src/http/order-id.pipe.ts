import { Injectable, type PipeTransform } from '@nestjs/common';
import { Problem } from '@orderflow/service';
import { isUUID } from 'class-validator';

/** There is no order under what is not even an order id. */
@Injectable()
export class OrderIdPipe implements PipeTransform<string, string> {
  transform(orderId: string): string {
    if (!isUUID(orderId)) throw orderUnknown();
    return orderId;
  }
}

export function orderUnknown(): Problem {
  return new Problem({ status: 404, detail: 'There is no order with this id.' });
}
