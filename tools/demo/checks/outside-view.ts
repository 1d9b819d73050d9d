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
  const charges = await getJson<ListedCharge[]>(`${url}/charges`);
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
  const mails = await getJson<ListedMail[]>(`${url}/messages`);
  const isOurs = ({ subject }: ListedMail): boolean => subject.split(' ').some((word) => orderIds.has(word));
  return mails.filter(isOurs).map(({ messageId }) => messageId ?? '');
}

async function getJson<Body>(url: string): Promise<Body> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`GET ${url} answered ${response.status}`);
  const body: Body = JSON.parse(await response.text());
  return body;
}
