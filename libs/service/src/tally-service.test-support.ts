import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Body, Controller, type DynamicModule, Inject, Module, Post } from '@nestjs/common';
import { Database } from '@orderflow/database';
import {
  contract,
  Contract,
  Ctx,
  defineStream,
  Delivery,
  Outbox,
  Payload,
  Subscribe,
} from '@orderflow/messaging';
import { IsInt, IsString } from 'class-validator';
import type { ServiceConfig } from './config/service.config.ts';
import { ServiceModule } from './service.module.ts';

const TALLIES = defineStream({ name: 'TALLIES', prefix: 'tally', owner: 'tally' });

@Contract<Counted>({
  stream: TALLIES,
  event: 'counted',
  version: 1,
  key: ({ who }) => who,
  example: { who: 'user-1', number: 1 },
})
class Counted {
  @IsString()
  who!: string;

  @IsInt()
  number!: number;
}

/** The smallest service: what is posted becomes an event, and its handler a row. */
@Controller('tallies')
class TalliesController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Outbox) private readonly outbox: Outbox,
  ) {}

  @Post()
  async count(@Body() body: Counted): Promise<{ accepted: true }> {
    await this.database.transaction((tx) => this.outbox.add(tx, contract(Counted, { ...body })));
    return { accepted: true };
  }

  @Subscribe(Counted)
  async counted(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    await delivery.tx.query('INSERT INTO tally (who, number) VALUES ($1, $2)', [event.who, event.number]);
  }
}

@Module({})
class TallyModule {}

/** @param folder where the service's migration is written to */
export async function tallyModule(folder: string): Promise<(config: ServiceConfig) => DynamicModule> {
  await writeFile(path.join(folder, '001-tally.sql'), 'CREATE TABLE tally (who text, number int)');
  const migrations = pathToFileURL(`${folder}/`);
  return (config) => ({
    module: TallyModule,
    imports: [
      ServiceModule.forRoot({ name: 'tally', config, migrations, streams: [TALLIES], contracts: [Counted] }),
    ],
    controllers: [TalliesController],
  });
}
