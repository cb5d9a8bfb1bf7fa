const NAME = /^(LD_PRELOAD|FAKETIME\w*|NO_FAKE_STAT|DONT_FAKE_\w+)$/;

/** What shifts the clock of every program in `npm run test:dates`. */
export const FAKE_CLOCK: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => NAME.test(name)),
) as Record<string, string>;

/** The environment of a program that keeps the machine's own clock: Chromium's many threads hardly come to rest on a shifted one. */
export function realClockEnvironment(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !NAME.test(name))) as Record<
    string,
    string
  >;
}
