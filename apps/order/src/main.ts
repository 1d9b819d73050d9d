import { runService } from '@orderflow/service';
import { AppModule } from './app.module.ts';
import { OrderConfig } from './config.ts';

await runService({ name: 'order', config: OrderConfig, module: (config) => AppModule.forRoot(config) });
