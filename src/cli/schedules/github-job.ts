import { shellWord } from '../../domain/shell-word.js';
import { cachedTimes } from './cron-time.js';
import { asLines, commented, PACKAGE, yamlText } from './job-lines.js';
import type { Scheduled } from './scheduled.js';

/** A workflow of GitHub. */
export function githubJob(scheduled: Scheduled): string {
  const { file, secrets, values, keepsData, own } = scheduled;
  const added = own.map(({ command, path }) => `      - run: ${command} ${shellWord(path)}`);
  const { time, note } = cachedTimes(scheduled);
  const env = [
    ...secrets.map((name) => `      ${name}: \${{ secrets.${name} }}`),
    ...Object.entries(values).map(([name, value]) => `      ${name}: ${yamlText(value)}`),
  ];
  const cache = keepsData ? GITHUB_CACHE : NO_CACHE;
  return `# .github/workflows/keys-apply.yml
# KEYS_PACKAGE is a variable of the repository: ${PACKAGE}
${cache.about}${note}# Secrets of the repository: ${secrets.join(', ')}
${asLines(commented(scheduled.notes))}name: keys apply
on:
  schedule:
    - cron: "${time}"
  workflow_dispatch:
${cache.input}concurrency: { group: keys-apply, cancel-in-progress: false }
permissions: { contents: read }
jobs:
  apply:
    runs-on: ubuntu-latest
${cache.branch}    env:
      KEYS_PACKAGE: \${{ vars.KEYS_PACKAGE }}
${env.join('\n')}
    steps:
      - uses: actions/checkout@v4
${cache.restore}      - run: npm install --global "$KEYS_PACKAGE"
${cache.kept}${asLines(added)}      - run: keys apply ${shellWord(file)} --yes --report "$GITHUB_STEP_SUMMARY"${cache.save}`;
}

/** The parts of GitHub's job that keep the data directory. */
interface CacheParts {
  readonly about: string;
  readonly input: string;
  readonly branch: string;
  readonly restore: string;
  readonly kept: string;
  readonly save: string;
}

/** One cache for each attempt of each run: a cache is never changed. */
const CACHE_KEY = 'keys-ledger-${{ github.run_id }}-${{ github.run_attempt }}';

/**
 * `if: always()` saves the ledger of a failed run too: it knows what was created and what is pending. A run
 * that finds no ledger stops, so that it does not save an empty one over what it could not read. A branch
 * reads the cache of the default branch, but that one would not read what the branch saves.
 */
const GITHUB_CACHE: CacheParts = {
  about: `# The ledger is kept in the cache between the runs, after a failed run too. Its pending secrets are sealed with KEYS_LEDGER_KEY
# (openssl rand -base64 32). GitHub deletes a cache that no job read for 7 days, and the oldest ones where a repository has more than
# 10 GB. A run that finds no ledger stops before it changes anything. A shared ledger (KEYS_LEDGER_URL) has none of these limits.
`,
  input: `    inputs:
      new_ledger: { description: Begin with an empty ledger, type: boolean, default: false }
`,
  branch: `    if: github.event_name == 'schedule' || github.ref_name == github.event.repository.default_branch
`,
  restore: `      - uses: actions/cache/restore@v4
        with:
          path: ~/.local/share/keys
          key: ${CACHE_KEY}
          restore-keys: keys-ledger-
          fail-on-cache-miss: \${{ github.run_number > 1 && !inputs.new_ledger }}
      - run: mkdir -p -m 700 ~/.local/share/keys
`,
  kept: `      - run: keys config set ledger kept
`,
  save: `
      - if: always()
        uses: actions/cache/save@v4
        with:
          path: ~/.local/share/keys
          key: ${CACHE_KEY}`,
};

const NO_CACHE: CacheParts = {
  about: `# The ledger is shared (KEYS_LEDGER_URL). Its pending secrets are sealed with KEYS_LEDGER_KEY.
`,
  ...{ input: '', branch: '', restore: '', kept: '', save: '' },
};
