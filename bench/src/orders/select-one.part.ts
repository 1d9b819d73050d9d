import 'reflect-metadata';
import { Controller, Inject, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Database } from '@orderflow/database';
import { definePart } from '../part/protocol.ts';

interface Options {
  readonly postgres: string;
  readonly port: number;
}

@Controller('one')
class OneController {
  readonly #database: Database;

  constructor(@Inject(Database) database: Database) {
    this.#database = database;
  }

  @Post()
  async one(): Promise<object> {
    const [row] = await this.#database.query('SELECT 1 AS one');
    return row ?? {};
  }
}

/** The least that a Nest service with a database can do: no validation, no transaction, nothing written. */
export const part = definePart<Options>({
  async start({ postgres, port }) {
    const database = new Database({ url: postgres, applicationName: 'bench' });

    @Module({ controllers: [OneController], providers: [{ provide: Database, useValue: database }] })
    class OneModule {}

    const app = await NestFactory.create<NestFastifyApplication>(OneModule, new FastifyAdapter(), {
      logger: false,
    });
    await app.listen(port, '127.0.0.1');
    return {
      go: () => Promise.reject(new Error('it only answers requests')),
      stop: async () => {
        await app.close();
        await database.close();
      },
    };
  },
});
