import { runService } from '@orderflow/service';
import { AppModule } from './app.module.ts';
import { InventoryConfig } from './config.ts';

await runService({
  name: 'inventory',
  config: InventoryConfig,
  module: (config) => AppModule.forRoot(config),
});
