import { runService } from '@orderflow/service';
import { AppModule } from './app.module.ts';
import { NotificationConfig } from './config.ts';

await runService({
  name: 'notification',
  config: NotificationConfig,
  module: (config) => AppModule.forRoot(config),
});
