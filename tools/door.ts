// What other projects may use of the tools: the embedded stack, a client of the shop, and the checks of its promises.
export { startStack, serviceNames, type ServiceName, type Stack, type StackOptions } from './stack/stack.ts';
export { judge, type Verdict } from './demo/checks/all-checks.ts';
export { verdictLines } from './demo/checks/verdict-lines.ts';
export { SystemReader } from './demo/checks/read-system.ts';
export { untilQuiet } from './demo/checks/until-quiet.ts';
export type { Scope, SystemAddresses, SystemView } from './demo/checks/system-view.ts';
export { addressesOf } from './demo/checks/stack-addresses.ts';
export { publishAgain, publishMalformed } from './demo/disturbance.ts';
export { FactFeed, type LiveFact } from './demo/fact-feed.ts';
export { type Answer, ShopClient, type OrderRequest, type PlacedOrder } from './demo/shop-client.ts';
