import { runService } from '@orderflow/service';
import { AppModule } from './app.module.ts';
import { PaymentConfig } from './config.ts';

await runService({ name: 'payment', config: PaymentConfig, module: (config) => AppModule.forRoot(config) });
