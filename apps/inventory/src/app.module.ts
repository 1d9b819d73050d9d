import { type DynamicModule, Module } from '@nestjs/common';
import { allContracts, INVENTORY } from '@orderflow/contracts';
import { ServiceModule } from '@orderflow/service';
import type { InventoryConfig } from './config.ts';
import { ReleaseStockHandler } from './handlers/release-stock.handler.ts';
import { ReservationProgress } from './handlers/reservation-progress.ts';
import { ReserveStockHandler } from './handlers/reserve-stock.handler.ts';
import { ShipOrderHandler } from './handlers/ship-order.handler.ts';
import { ReservationsController } from './http/reservations.controller.ts';
import { StockController } from './http/stock.controller.ts';
import { ReceiptStore } from './store/receipt.store.ts';
import { ReservationStore } from './store/reservation.store.ts';
import { StockStore } from './store/stock.store.ts';

const migrations = new URL('../migrations/', import.meta.url);

@Module({})
export class AppModule {
  static forRoot(config: InventoryConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ServiceModule.forRoot({
          name: 'inventory',
          config,
          migrations,
          streams: [INVENTORY],
          contracts: allContracts,
        }),
      ],
      controllers: [
        StockController,
        ReservationsController,
        ReserveStockHandler, // order.created   -> inventory.reserved or inventory.rejected
        ShipOrderHandler, //    order.paid      -> inventory.shipped
        ReleaseStockHandler, // order.cancelled -> inventory.released, if something was reserved
      ],
      providers: [ReservationProgress, ReservationStore, StockStore, ReceiptStore],
    };
  }
}
