import { Ctx, type Delivery, Payload, Subscribe, SubscribeShared } from '@orderflow/messaging';
import { Controller, Inject } from '@nestjs/common';
import { EffectCounter } from '../effects/effect-counter.ts';
import { Happened } from '../effects/effect-event.ts';
import { writeEffect } from '../effects/effect-table.ts';
import { RemoteService } from './remote-service.ts';

/** Calls elsewhere, then writes what came of it. */
abstract class Caller {
  constructor(
    @Inject(RemoteService) private readonly remote: RemoteService,
    @Inject(EffectCounter) private readonly counter: EffectCounter,
  ) {}

  protected async callAndWrite(event: Happened, delivery: Delivery): Promise<void> {
    await this.remote.call();
    await delivery.transact((tx) => writeEffect(tx, { ...event, messageId: delivery.messageId }));
    this.counter.add(1);
  }
}

@Controller()
export class OrderedCaller extends Caller {
  @Subscribe(Happened, { kind: 'external' })
  async handle(@Payload() event: Happened, @Ctx() delivery: Delivery): Promise<void> {
    await this.callAndWrite(event, delivery);
  }
}

@Controller()
export class SharedCaller extends Caller {
  @SubscribeShared(Happened, { name: 'bench-callers' })
  async handle(@Payload() event: Happened, @Ctx() delivery: Delivery): Promise<void> {
    await this.callAndWrite(event, delivery);
  }
}
