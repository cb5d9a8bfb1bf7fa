import { KeysError } from '../../domain/errors.js';
import type { Wording } from '../../domain/words.js';
import type { AllServicesOptions, ConsoleService } from './all-services-options.js';
import { forPages } from './page-words.js';

/** Why a service is left out. */
export interface ServiceFailure {
  readonly message: string;
  readonly hint: Wording | undefined;
  /** Whether the page is loaded again and then waits longer. */
  readonly late: boolean;
}

export interface FromEachOptions extends Pick<AllServicesOptions, 'reveal' | 'sleep'> {
  /** Longest that a page waits for one service. */
  readonly waitMs: number;
  /** Whether the page is loaded again for a service that is late, and then waits longer. */
  readonly again: boolean;
}

/** What one service has responded; `failure` where it failed or did not respond in time. */
export type FromService<Value> = { readonly service: ConsoleService } & (
  | { readonly value: Value; readonly failure: null }
  | { readonly value: null; readonly failure: ServiceFailure }
);

/** Asks every service at once. One that fails or does not respond in time holds up no other. */
export async function fromEach<Value>(
  services: readonly ConsoleService[],
  read: (service: ConsoleService) => Promise<Value>,
  { reveal, sleep, waitMs, again }: FromEachOptions,
): Promise<ReadonlyArray<FromService<Value>>> {
  const seconds = waitMs / 1000;
  const lateness = new KeysError(
    'timeout',
    `no response within ${seconds === 1 ? '1 second' : `${seconds} seconds`}`,
  );
  const late = sleep(waitMs).then(() => {
    throw lateness;
  });
  late.catch(() => undefined);
  return await Promise.all(
    services.map(async (service) => {
      try {
        return { service, value: await Promise.race([read(service), late]), failure: null };
      } catch (error) {
        const {
          message,
          wording: { hint },
        } = forPages(reveal(error));
        return { service, value: null, failure: { message, hint, late: again && error === lateness } };
      }
    }),
  );
}
