import type { Key } from '../../domain/key.js';
import type { ConsoleService } from './all-services-options.js';
import { environmentOf } from './console-account.js';
import { type FromEachOptions, fromEach, type ServiceFailure } from './from-each.js';
import { type FormFields, readFilters } from './key-form.js';
import { nextKeys, orderOf } from './key-list.js';
import { countPending } from './summarize.js';

/** Most keys of one service in the table. */
export const MOST_OF_EACH = 100;

/** The keys of every service that the filters find. */
export interface AllKeys {
  readonly keys: ReadonlyArray<{
    readonly service: ConsoleService;
    readonly key: Key;
    /** Null: none. */
    readonly environment: string | null;
  }>;
  /** Services with more keys than are shown: the newest are. */
  readonly more: readonly ConsoleService[];
  /** Services with creates and rolls that are not finished, and how many. */
  readonly pending: ReadonlyArray<{ readonly service: ConsoleService; readonly count: number }>;
  readonly failed: ReadonlyArray<{ readonly service: ConsoleService; readonly failure: ServiceFailure }>;
}

/** Lists the keys of every service at once, in one order. A service that fails is named beside the others. */
export async function findAllKeys(
  services: readonly ConsoleService[],
  query: FormFields,
  options: FromEachOptions,
): Promise<AllKeys> {
  const { cursor: _, ...filters } = readFilters(query);
  const read = async (service: ConsoleService) => {
    const { facts, service: keys, ledger } = await service.open();
    const page = await nextKeys(keys, { ...filters, limit: MOST_OF_EACH });
    return { facts, page, pending: await countPending(ledger) };
  };
  const found = await fromEach(services, read, options);
  const order = orderOf(query.get('sort') ?? '');
  return {
    keys: found
      .flatMap(({ service, value }) =>
        value === null
          ? []
          : value.page.keys.map((key) => ({ service, key, environment: environmentOf(key, value.facts) })),
      )
      .sort((one, other) => order(one.key, other.key)),
    pending: found.flatMap(({ service, value }) =>
      value === null || value.pending === 0 ? [] : [{ service, count: value.pending }],
    ),
    more: found.filter(({ value }) => value?.page.next_cursor != null).map(({ service }) => service),
    failed: found.flatMap(({ service, failure }) => (failure === null ? [] : [{ service, failure }])),
  };
}
