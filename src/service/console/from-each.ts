import { KeysError } from '../../domain/errors.js';
import type { AllServicesOptions, ConsoleService } from './all-services-options.js';

/** Longest that a page waits for one service. */
const WAIT_MS = 5_000;

/** Why a service is left out. */
export interface ServiceFailure {
  readonly message: string;
  readonly hint: string | undefined;
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
  { reveal, sleep }: Pick<AllServicesOptions, 'reveal' | 'sleep'>,
): Promise<ReadonlyArray<FromService<Value>>> {
  const late = sleep(WAIT_MS).then(() => {
    throw new KeysError('timeout', `no response within ${WAIT_MS / 1000} seconds`);
  });
  late.catch(() => undefined);
  return await Promise.all(
    services.map(async (service) => {
      try {
        return { service, value: await Promise.race([read(service), late]), failure: null };
      } catch (error) {
        const { message, hint } = reveal(error);
        return { service, value: null, failure: { message, hint } };
      }
    }),
  );
}
