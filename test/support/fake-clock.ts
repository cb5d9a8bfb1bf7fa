const NAME = /^(LD_PRELOAD|FAKETIME\w*|NO_FAKE_STAT|DONT_FAKE_\w+)$/;

/** What shifts the clock of every program in `npm run test:dates`. */
export const FAKE_CLOCK: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => NAME.test(name)),
) as Record<string, string>;

/** An environment without what shifts the clock: for a program that keeps the machine's own. */
export function withRealClock(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !NAME.test(name))) as Record<
    string,
    string
  >;
}
