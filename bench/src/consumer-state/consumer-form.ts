/** How a durable consumer keeps its position, and how it is told of it. */
export interface ConsumerForm {
  /** `each` one acknowledgement a message; `cumulative` one every 250 ms for all before it; `none`. */
  readonly acks: 'each' | 'cumulative' | 'none';
  /** Where nats-server keeps the consumer's state. */
  readonly storage: 'file' | 'memory';
  /** One consumer for each service and partition, or one for each service. */
  readonly partitioned: boolean;
}
