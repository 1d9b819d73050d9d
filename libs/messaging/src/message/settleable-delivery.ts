import type { JsMsg } from '@nats-io/jetstream';

/** The part of a delivery that is needed to handle and settle a message. Parked messages have one that settles nothing. */
export type SettleableDelivery = Pick<JsMsg, 'data' | 'headers' | 'time' | 'ack' | 'nak' | 'working'>;
