/** Between two looks at what a vendor may change late. */
export const LOOK_AGAIN_MS = 1_000;

interface Wait {
  /** How long to look again, at most. */
  readonly seconds: number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** Looks at least once, then again until what is seen is as it should be. Returns what was seen last. */
export async function lookUntil<Seen>(
  look: () => Promise<Seen>,
  isAsItShouldBe: (seen: Seen) => boolean,
  { seconds, sleep }: Wait,
): Promise<Seen> {
  for (let waitedMs = 0; ; waitedMs += LOOK_AGAIN_MS) {
    const seen = await look();
    if (isAsItShouldBe(seen) || waitedMs >= seconds * 1000) return seen;
    await sleep(LOOK_AGAIN_MS);
  }
}
