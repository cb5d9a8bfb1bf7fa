// Long lists: time and peak memory over 1,000 to 100,000 keys, beside curl fetching the same pages for jq.
// `npm run bench:scale`.
import { installed, peakMemory, quantile, timeRun } from './measure.mjs';
import { BIN, openWorld } from './world.mjs';

const SIZES = [1_000, 10_000, 100_000];
const ROUNDS = 3;
/** Page after page until there is no next one, as a script would. */
const CURL = `cursor=
while :; do
  page=$(curl -sf "$KEYS_BASE_URL/v1/api-keys?limit=500\${cursor:+&cursor=$cursor}") || exit 1
  jq -c '.data[]' <<<"$page"
  cursor=$(jq -r '.next_cursor // empty' <<<"$page")
  [ -n "$cursor" ] || break
done`;

const world = openWorld();
const beside = ['curl', 'jq'].filter((program) => !installed(program));
try {
  console.log(`Node ${process.version}, medians of ${ROUNDS}; seconds, and MiB at the peak`);
  for (const size of SIZES) {
    const env = world.remote(await world.service(size));
    const rows = [
      ['list --json', [process.execPath, BIN, 'list', '--json']],
      ['list', [process.execPath, BIN, 'list']],
      ...(beside.length === 0 ? [['curl | jq', ['bash', '-c', CURL]]] : []),
    ];
    for (const [name, command] of rows) {
      const times = Array.from({ length: ROUNDS }, () => timeRun(command, env).wall / 1000);
      const memory =
        command[1] === BIN ? `${peakMemory(command[0], command.slice(1), env).toFixed(0)} MiB` : '';
      console.log(
        `${String(size).padStart(7)} keys  ${name.padEnd(12)} ${quantile(times, 0.5).toFixed(2)} s  ${memory}`,
      );
    }
  }
} finally {
  world.close();
}
for (const program of beside) console.log(`!!! SKIPPED: ${program} is not installed: nothing to set beside`);
