// A service as a process of its own, for what only a process can show. Started by stop-during-boot.int.spec.ts.
import { ServiceConfig } from './config/service.config.ts';
import { runService } from './run-service.ts';
import { tallyModule } from './tally-service.test-support.ts';

const [, , folder = ''] = process.argv;
await runService({ name: 'tally', config: ServiceConfig, module: await tallyModule(folder) });
