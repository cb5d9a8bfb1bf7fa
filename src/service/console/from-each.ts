import { KeysError } from '../../domain/errors.js';
import type { AllServicesOptions, ConsoleService } from './all-services-options.js';

/** Why a service is left out. */
export interface ServiceFailure {
  readonly message: string;
  readonly hint: string | undefined;
  /** Whether it may still respond. */
  readonly late: boolean;
}

/** `waitMs`: the longest that a page waits for one service. */
export type FromEachOptions = Pick<AllServicesOptions, 'reveal' | 'sleep'> & { readonly waitMs: number };

/** What one service has responded; `failure` where it failed or did not respond in time. */
export type FromService<Value> = { readonly service: ConsoleService } & (
  | { readonly value: Value; readonly failure: null }
  | { readonly value: null; readonly failure: ServiceFailure }
);

/** Asks every service at once. One that fails or does not respond in time holds up no other. */
export async function fromEach<Value>(
  services: readonly ConsoleService[],
  read: (service: ConsoleService) => Promise<Value>,
  { reveal, sleep, waitMs }: FromEachOptions,
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
        const { message, hint } = reveal(error);
        return { service, value: null, failure: { message, hint, late: error === lateness } };
      }
    }),
  );
}
