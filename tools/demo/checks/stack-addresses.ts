import type { Stack } from '../../stack/stack.ts';
import type { SystemAddresses } from './system-view.ts';

/** Where an embedded stack is read. */
export function addressesOf(stack: Stack): SystemAddresses {
  return {
    databases: {
      order: stack.databaseUrl('order'),
      payment: stack.databaseUrl('payment'),
      inventory: stack.databaseUrl('inventory'),
      notification: stack.databaseUrl('notification'),
    },
    nats: stack.natsServers,
    mail: stack.mailUrl,
    paymentProvider: stack.paymentProviderUrl,
  };
}
