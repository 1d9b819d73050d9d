import { MessagingAdminModule, MessagingModule } from '../index.ts';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { Database } from '@orderflow/database';
import { BookCourierHandler } from './book-courier.handler.test-support.ts';
import { CountRouteHandler } from './count-route.handler.test-support.ts';
import { CourierClient } from './courier.client.test-support.ts';
import { HealthController } from './health.controller.test-support.ts';
import { ListLoadsHandler } from './list-loads.handler.test-support.ts';
import { ParcelAccepted, ParcelBooked, ParcelLoaded, PARCELS } from './parcel-events.test-support.ts';
import { ParcelsController } from './parcels.controller.test-support.ts';
import { ReceiptPrinter } from './receipt.printer.test-support.ts';
import { SendReceiptHandler } from './send-receipt.handler.test-support.ts';

@Global()
@Module({})
class DatabaseModule {
  static forRoot(url: string): DynamicModule {
    const database = { provide: Database, useFactory: () => new Database({ url, applicationName: 'depot' }) };
    return { module: DatabaseModule, providers: [database], exports: [Database] };
  }
}

@Module({})
export class AppModule {
  static forRoot(config: { databaseUrl: string; natsServers: string[] }): DynamicModule {
    return {
      module: AppModule,
      imports: [
        DatabaseModule.forRoot(config.databaseUrl),
        MessagingModule.forRootAsync({
          inject: [Database],
          useFactory: (database: Database) => ({
            service: 'depot',
            instance: 'depot-1',
            natsServers: config.natsServers,
            database,
            streams: [PARCELS],
            contracts: [ParcelAccepted, ParcelBooked, ParcelLoaded],
          }),
        }),
        MessagingAdminModule,
        TerminusModule,
      ],
      controllers: [
        ParcelsController,
        HealthController,
        BookCourierHandler, // parcel.accepted -> parcel.booked
        CountRouteHandler, // parcel.booked -> parcel.loaded
        ListLoadsHandler, // parcel.loaded, in batches
        SendReceiptHandler, // parcel.accepted, shared
      ],
      providers: [CourierClient, ReceiptPrinter],
    };
  }
}
