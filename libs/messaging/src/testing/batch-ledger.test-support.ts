import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  type PipeTransform,
  UseGuards,
} from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { IsInt, IsString } from 'class-validator';
import type { BatchDelivery } from '../routing/batch-delivery.ts';
import type { Delivery } from '../routing/delivery.ts';
import { contract, Contract } from '../contract/contract.ts';
import { Subscribe, SubscribeBatch } from '../nest/subscribe.decorator.ts';
import { Counted, COUNTS } from './harness.test-support.ts';

@Contract<Weighed>({
  stream: COUNTS,
  event: 'weighed',
  version: 1,
  key: (event) => event.userId,
  example: { userId: 'u1', n: 1 },
})
export class Weighed {
  @IsString()
  userId!: string;

  @IsInt()
  n!: number;
}

/** `a1`: the first one of key a. */
export function counted(name: string, mode: Counted['mode'] = 'ok'): Counted {
  return contract(Counted, { userId: name.charAt(0), n: Number(name.slice(1)), mode });
}

export function weighed(name: string): Weighed {
  return contract(Weighed, { userId: name.charAt(0), n: Number(name.slice(1)) });
}

const nameOf = ({ userId, n }: { userId: string; n: number }): string => `${userId}${String(n)}`;

/** What the batch handler was called with, and did not refuse. */
export const calls: string[][] = [];

const allQuick: CanActivate = {
  canActivate: (context: ExecutionContext) =>
    context
      .switchToRpc()
      .getData<Counted[]>()
      .every((event) => event.mode !== 'slow'),
};

class WithoutSome implements PipeTransform<Counted[], Counted[]> {
  transform(events: Counted[]): Counted[] {
    return events.filter((event) => event.mode !== 'fail-once');
  }
}

@Controller()
export class BatchLedger {
  @UseGuards(allQuick)
  @SubscribeBatch(Counted)
  async count(@Payload(WithoutSome) events: Counted[], @Ctx() batch: BatchDelivery): Promise<void> {
    const pairs = batch.pair(events);
    if (events.some((event) => event.mode === 'fail')) throw new Error('asked to fail');
    calls.push(events.map(nameOf));
    await batch.tx.query(
      `INSERT INTO ledger (user_id, n, message_id, attempt)
       SELECT * FROM unnest($1::text[], $2::int[], $3::text[], $4::int[])`,
      [
        events.map((event) => event.userId),
        events.map((event) => event.n),
        pairs.map(([, delivery]) => delivery.messageId),
        pairs.map(([, delivery]) => delivery.attempt),
      ],
    );
  }

  @Subscribe(Weighed)
  async weigh(@Payload() event: Weighed, @Ctx() delivery: Delivery): Promise<void> {
    await delivery.tx.query('INSERT INTO ledger (user_id, n, message_id, attempt) VALUES ($1, $2, $3, $4)', [
      event.userId,
      event.n,
      delivery.messageId,
      delivery.attempt,
    ]);
  }
}
