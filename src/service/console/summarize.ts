import type { ConsoleService } from './all-services-options.js';
import type { ConsoleLedger } from './console-ledger.js';
import { type FromEachOptions, fromEach, type ServiceFailure } from './from-each.js';

/** Most keys that are counted. */
const MOST = 100;

/** What the overview says of a service. */
export interface ServiceSummary {
  readonly service: ConsoleService;
  /** Such as `key service`. */
  readonly title: string;
  /** Such as `12`, or `100+`; null where the keys could not be counted. */
  readonly count: string | null;
  /** Creates and rolls that are not finished. */
  readonly pending: number;
  /** Whether the console can create a key there. */
  readonly mayCreate: boolean;
  readonly failure: ServiceFailure | null;
}

/**
 * Counts the keys of every service at once. One that fails or does not respond in time says so beside the
 * others.
 */
export async function summarize(
  services: readonly ConsoleService[],
  options: FromEachOptions,
): Promise<readonly ServiceSummary[]> {
  const found = await fromEach(services, summaryOf, options);
  return found.map(({ service, value, failure }) => ({
    service,
    ...(value ?? { title: service.provider, count: null, pending: 0, mayCreate: false }),
    failure,
  }));
}

/** Counts the creates and rolls that wait for somebody: not those whose old key only waits for its end. */
export async function countPending(ledger: Pick<ConsoleLedger, 'pending'> | undefined): Promise<number> {
  const operations = (await ledger?.pending()) ?? [];
  return operations.filter(({ oldKeyEnds }) => oldKeyEnds === null).length;
}

async function summaryOf(service: ConsoleService) {
  const { facts, service: keys, ledger, may } = await service.open();
  const page = await keys.list({ status: ['active', 'retiring', 'paused', 'expired'], limit: MOST });
  const pending = await countPending(ledger);
  const count = `${page.keys.length}${page.next_cursor === null ? '' : '+'}`;
  return { title: facts.title, count, pending, mayCreate: may.create };
}
