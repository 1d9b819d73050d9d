import { factsByOrder } from './expected-facts.ts';
import { difference, type Check, type Finding, judgeEach } from './finding.ts';
import { subscribersOf } from './subscriptions.ts';
import type { SystemView } from './system-view.ts';

const finalStates: readonly string[] = ['shipped', 'cancelled'];

function acceptedOrdersAreFinal({ scope, orders }: SystemView): Finding {
  const states = new Map(orders.map(({ orderId, status }) => [orderId, status]));
  return judgeEach(scope.accepted, (orderId) => {
    const status = states.get(orderId);
    if (status === undefined) return `order ${orderId} was accepted and is not there`;
    return finalStates.includes(status) ? undefined : `order ${orderId} is still ${status}`;
  });
}

function decidedFactsArePublished(view: SystemView): Finding {
  return judgeEach(factsByOrder(view), ({ orderId, decided, published }) =>
    difference(decided, published).missing.map(
      (fact) => `order ${orderId}: ${fact} was decided and never published`,
    ),
  );
}

/** A dead letter and what waits behind it are kept, so they are not lost; whether they may be there is another check. */
function subscribersHaveEachFact({ messages, inbox, parked }: SystemView): Finding {
  const id = (entry: { service: string; consumer: string; messageId: string }): string =>
    `${entry.service} ${entry.consumer} ${entry.messageId}`;
  const states = new Map(inbox.map((entry) => [id(entry), entry.state]));
  const kept = new Set(parked.map(id));
  const due = messages.flatMap((message) =>
    subscribersOf(message).map((subscriber) => ({ ...message, ...subscriber })),
  );
  return judgeEach(due, (each) => {
    const state = states.get(id(each));
    const what = `${each.stream} ${each.sequence} (${each.key} ${each.event}) at ${each.service}/${each.consumer}`;
    if (state === undefined) return `${what} was never handled`;
    return state === 'handled' || kept.has(id(each)) ? undefined : `${what} is ${state} and was not kept`;
  });
}

function acknowledgedPublicationsAreStored({ outbox, messages }: SystemView): Finding {
  const stored = new Set(messages.map(({ stream, messageId }) => `${stream} ${messageId}`));
  const acknowledged = outbox.filter(
    ({ publishedSequence, stream }) => publishedSequence !== null && stream !== 'DEAD_LETTERS',
  );
  return judgeEach(acknowledged, ({ service, stream, messageId, publishedSequence }) =>
    stored.has(`${stream} ${messageId}`)
      ? undefined
      : `${service}: ${messageId} was acknowledged as ${stream} ${publishedSequence ?? ''} and is not in the stream`,
  );
}

function outboxesAreDrained({ outbox }: SystemView): Finding {
  return judgeEach(outbox, ({ service, messageId, stream, event, publishedSequence, delayed }) => {
    if (publishedSequence !== null) return undefined;
    const what = `${service}: ${stream} ${event} (${messageId})`;
    return delayed ? `${what} still waits for its time` : `${what} was never published`;
  });
}

/** Nothing is lost. When these hold, nothing is under way any more. */
export const deliveryChecks: readonly Check[] = [
  { promise: 'every accepted order reached a final state', find: acceptedOrdersAreFinal },
  { promise: 'every decided fact was published', find: decidedFactsArePublished },
  { promise: 'every acknowledged publication is in its stream', find: acknowledgedPublicationsAreStored },
  { promise: 'every fact is in the inbox of each subscriber', find: subscribersHaveEachFact },
  { promise: 'no outbox holds an unpublished row', find: outboxesAreDrained },
];
