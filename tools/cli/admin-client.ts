import { CliError } from './cli-error.ts';

const TIMEOUT_MS = 15_000;
const PAGE = 200;

export interface Page<Item> {
  items: Item[];
  next: number | string | null;
}

export interface PageRequest {
  filter?: Record<string, string | undefined>;
  after?: string | undefined;
  /** Undefined: all there are. */
  limit?: number | undefined;
}

/** The operators' routes of one service. */
export class AdminClient {
  readonly service: string;
  readonly #url: string;

  constructor(service: string, url: string) {
    this.service = service;
    this.#url = url;
  }

  /** Asks whose address this is. Throws a `CliError` when nobody answers, or not as a service does. */
  static async connect(url: string): Promise<AdminClient> {
    const base = url.replace(/\/+$/, '');
    const answer = await request<{ service?: unknown }>(`${base}/messaging`, {}, base);
    if (typeof answer.service !== 'string') throw notServed(base);
    return new AdminClient(answer.service, base);
  }

  get<Answer>(path: string): Promise<Answer> {
    return request<Answer>(`${this.#url}/messaging${path}`, {}, this.service);
  }

  send<Answer>(method: 'POST' | 'PUT', path: string, body: object): Promise<Answer> {
    const init = { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    return request<Answer>(`${this.#url}/messaging${path}`, init, this.service);
  }

  /** Follows the pages up to the limit. `next` is null when there is no more. */
  async pages<Item>(path: string, { filter = {}, after, limit }: PageRequest): Promise<Page<Item>> {
    const items: Item[] = [];
    let next: Page<Item>['next'] = after ?? null;
    do {
      const size = Math.min(PAGE, (limit ?? Infinity) - items.length);
      const query = new URLSearchParams({ limit: String(size) });
      for (const [name, value] of Object.entries(filter)) if (value !== undefined) query.set(name, value);
      if (next !== null) query.set('after', String(next));
      const page: Page<Item> = await this.get(`${path}?${query.toString()}`);
      items.push(...page.items);
      next = page.next;
    } while (next !== null && items.length < (limit ?? Infinity));
    return { items, next };
  }
}

async function request<Answer>(url: string, init: RequestInit, who: string): Promise<Answer> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
    text = await response.text();
  } catch (cause) {
    throw new CliError('unreachable', `${who} does not answer at ${url}.\nIs it running? See its log.`, {
      cause,
    });
  }
  const answer = parse(text);
  if (response.ok && answer !== undefined) {
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- the service's own contract
    return answer as Answer;
  }
  if (answer === undefined || url.endsWith('/messaging')) throw notServed(who);
  throw new CliError('failed', `${who} refused (${response.status}): ${detailOf(answer)}`);
}

function detailOf(answer: object): string {
  const text = 'detail' in answer ? answer.detail : 'message' in answer ? answer.message : undefined;
  return typeof text === 'string' ? text : JSON.stringify(answer);
}

function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined; // Not JSON is not a service: the caller says so.
  }
}

function notServed(who: string): CliError {
  return new CliError(
    'unreachable',
    `${who} does not serve /messaging.\nCheck the address, and that the service was not started with MESSAGING_ADMIN=false.`,
  );
}
