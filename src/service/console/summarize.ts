import { KeysError } from '../../domain/errors.js';
import type { AllServicesOptions, ConsoleService } from './all-services-options.js';

/** Longest that the overview waits for one service. */
const WAIT_MS = 5_000;
/** Most keys that are counted. */
const MOST = 100;

/** What the overview says of a service. */
export interface ServiceSummary {
  readonly service: ConsoleService;
  /** Such as `key service`; the provider's id where the service could not be opened. */
  readonly title: string;
  /** Such as `12`, or `100+`; null where the keys could not be counted. */
  readonly count: string | null;
  /** Creates and rolls that are not finished. */
  readonly pending: number;
  readonly failure: { readonly message: string; readonly hint: string | undefined } | null;
}

/** Counts the keys of every service at once. One that fails or does not respond in time says so beside the others. */
export async function summarize(
  services: readonly ConsoleService[],
  { reveal }: Pick<AllServicesOptions, 'reveal'>,
  sleep: AllServicesOptions['sleep'],
): Promise<readonly ServiceSummary[]> {
  const late = sleep(WAIT_MS).then(() => {
    throw new KeysError('timeout', `no response within ${WAIT_MS / 1000} seconds`);
  });
  late.catch(() => undefined);
  return await Promise.all(
    services.map(async (service) => {
      try {
        return await Promise.race([summaryOf(service), late]);
      } catch (error) {
        const { message, hint } = reveal(error);
        return { service, title: service.provider, count: null, pending: 0, failure: { message, hint } };
      }
    }),
  );
}

async function summaryOf(service: ConsoleService): Promise<ServiceSummary> {
  const { facts, service: keys, ledger } = await service.open();
  const page = await keys.list({ status: ['active', 'retiring', 'paused', 'expired'], limit: MOST });
  const pending = (await ledger?.pending())?.filter(({ oldKeyEnds }) => oldKeyEnds === null).length ?? 0;
  const count = `${page.keys.length}${page.next_cursor === null ? '' : '+'}`;
  return { service, title: facts.title, count, pending, failure: null };
}
