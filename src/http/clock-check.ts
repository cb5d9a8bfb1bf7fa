import { type Clock, FAR_OFF_MS } from '../domain/clock.js';
import type { Transport } from './transport.js';

/** A transport that tells, once, when a service's `Date` header says that this machine's clock is far off. */
export function withClockCheck(
  transport: Transport,
  clock: Clock,
  onFarOff: (minutesAhead: number) => void,
): Transport {
  let told = false;
  return async (request) => {
    const response = await transport(request);
    const there = Date.parse(response.headers['date'] ?? '');
    const ahead = clock.now() - there;
    if (!told && Math.abs(ahead) > FAR_OFF_MS) {
      told = true;
      onFarOff(Math.round(ahead / 60_000));
    }
    return response;
  };
}
