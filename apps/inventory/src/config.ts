import { ServiceConfig } from '@orderflow/service';

/** Nothing beyond what every service reads. */
export class InventoryConfig extends ServiceConfig {}
