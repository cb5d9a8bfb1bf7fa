const STEPS: ReadonlyArray<readonly [ms: number, unit: string]> = [
  [365 * 86_400_000, 'y'],
  [30 * 86_400_000, 'mo'],
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
];

/** `3d ago`, `in 12h`, `just now`: an instant (ISO 8601) as seen from `nowMs`. */
export function relativeTime(iso: string, nowMs: number): string {
  const distance = Date.parse(iso) - nowMs;
  const size = Math.abs(distance);
  const step = STEPS.find(([ms]) => size >= ms);
  if (step === undefined) return distance > 0 ? 'in moments' : 'just now';
  const amount = `${Math.floor(size / step[0])}${step[1]}`;
  return distance > 0 ? `in ${amount}` : `${amount} ago`;
}
