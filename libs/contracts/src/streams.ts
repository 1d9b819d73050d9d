import { defineStream } from '@orderflow/messaging';

/** What happened to orders, as the order service decided it. */
export const ORDERS = defineStream({ name: 'ORDERS', prefix: 'order', owner: 'order' });

/** What happened to money, as the payment service and its provider settled it. */
export const PAYMENTS = defineStream({ name: 'PAYMENTS', prefix: 'payment', owner: 'payment' });

/** What happened to stock, as the inventory service decided it. */
export const INVENTORY = defineStream({ name: 'INVENTORY', prefix: 'inventory', owner: 'inventory' });

/** E-mails that are to be sent, and those that were. */
export const NOTIFICATIONS = defineStream({ name: 'NOTIFICATIONS', prefix: 'notify', owner: 'notification' });
