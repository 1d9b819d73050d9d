import { runProcess } from '@orderflow/service';
import { AppModule } from './app.module.ts';
import { SandboxConfig } from './config.ts';

await runProcess({ name: 'payment-sandbox', config: SandboxConfig, module: () => AppModule });
