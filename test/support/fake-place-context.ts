import type { PlaceContext } from '../../src/places/place.js';

/** What a place gets of a call, for tests that open one without the program. What it does not need fails. */
export function fakePlaceContext(changes: Partial<PlaceContext> = {}): PlaceContext {
  const missing = (what: string) => () => {
    throw new Error(`this test gives no ${what}`);
  };
  return {
    env: { PATH: process.env['PATH'], HOME: '/nonexistent' },
    output: { say: () => undefined },
    process: {
      directory: '/',
      library: '',
      platform: process.platform,
      onSignal: () => () => undefined,
      maskInLog: async () => undefined,
    },
    settings: missing('settings'),
    transport: missing('transport'),
    credentials: missing('credentials'),
    savedSecrets: missing('saved secrets'),
    ...changes,
  };
}
