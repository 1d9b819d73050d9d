import type { ChargeView } from './system-view.ts';

interface ListedCharge {
  chargeId: string;
  idempotencyKey: string;
  status: string;
  amount: number;
}

interface ListedMail {
  subject: string;
  messageId?: string;
}

const chargePrefix = 'charge-';

/** What the payment provider says that it has charged for these orders. */
export async function readCharges(url: string, orderIds: ReadonlySet<string>): Promise<ChargeView[]> {
  const charges = await getList<ListedCharge>(`${url}/charges`, 'idempotencyKey');
  return charges
    .filter(({ idempotencyKey }) => idempotencyKey.startsWith(chargePrefix))
    .map(({ idempotencyKey, ...charge }) => ({
      ...charge,
      orderId: idempotencyKey.slice(chargePrefix.length),
    }))
    .filter(({ orderId }) => orderIds.has(orderId));
}

/** `Message-ID` of each mail about these orders, as the mail server has it. Every subject names its order. */
export async function readMails(url: string, orderIds: ReadonlySet<string>): Promise<string[]> {
  const mails = await getList<ListedMail>(`${url}/messages`, 'subject');
  const isOurs = ({ subject }: ListedMail): boolean => subject.split(' ').some((word) => orderIds.has(word));
  return mails.filter(isOurs).map(({ messageId }) => messageId ?? '');
}

/** Whoever reads a list must not take an error page for an empty one. */
async function getList<Item>(url: string, field: keyof Item & string): Promise<Item[]> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  const list: unknown = response.ok ? await response.json() : undefined;
  if (!isListOf<Item>(list, field))
    throw new Error(`GET ${url} answered ${response.status} and no list with ${field}`);
  return list;
}

function isListOf<Item>(value: unknown, field: keyof Item & string): value is Item[] {
  const items: unknown[] = Array.isArray(value) ? value : [undefined];
  return items.every((item) => typeof item === 'object' && item !== null && field in item);
}
