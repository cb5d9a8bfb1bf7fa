import { DAY_MS } from '../domain/duration.js';
import { shellWord } from '../domain/shell-word.js';
import { wrapWithIndent } from '../terminal/text-width.js';

/** A file that defines a provider or a kind of place. */
export interface OwnModule {
  /** The command that adds it, such as `keys provider add`. */
  readonly command: string;
  /** As the job names it, relative to its folder. */
  readonly path: string;
  /** A file name of its own, for a copy. */
  readonly name: string;
}

/** What a scheduled apply needs. */
export interface Scheduled {
  /** The file as the job names it, such as `keys.yaml`. */
  readonly file: string;
  /** The folder of the file on this machine. */
  readonly folder: string;
  /** Milliseconds between two runs. */
  readonly every_ms: number;
  /** Names of variables that hold secrets. */
  readonly secrets: readonly string[];
  /** Variables that are no secrets. */
  readonly values: Readonly<Record<string, string>>;
  /**
   * Whether the next run needs the data directory of this one. It holds the ledger, unless that is shared,
   * and the keys of the embedded service.
   */
  readonly keepsData: boolean;
  /** Modules of the user's own that the job adds first. */
  readonly own: readonly OwnModule[];
  /** What the credentials must be able to do, a line each. */
  readonly notes: readonly string[];
}

export const SCHEDULERS = ['github', 'gitlab', 'cron', 'systemd', 'k8s'] as const;
export type Scheduler = (typeof SCHEDULERS)[number];

/** The text of a job that runs `keys apply`. */
export function scheduleText(scheduler: Scheduler, scheduled: Scheduled): string {
  return `${TEXTS[scheduler](scheduled)}\n`;
}

const TEXTS: Readonly<Record<Scheduler, (scheduled: Scheduled) => string>> = {
  github,
  gitlab,
  cron,
  systemd,
  k8s,
};

const HOUR_MS = 3_600_000;

/**
 * How often a job runs at least that keeps its data in a cache. GitHub deletes a cache that no job read for 7
 * days, GitLab.com one that no job wrote for 14. One run may be left out.
 */
const CACHE_READ_MS = 3 * DAY_MS;

/** How often such a job runs, and what its file says if that is more often than the file of keys asks for. */
function cachedTimes({ every_ms, keepsData }: Scheduled): { time: string; note: string } {
  if (!keepsData || every_ms <= CACHE_READ_MS) return { time: cronTime(every_ms), note: '' };
  const note =
    '# It runs every 3 days, more often than the file asks for, so that the cache is not deleted. Keys are rolled only when they are due.\n';
  return { time: cronTime(CACHE_READ_MS), note };
}

/** A crontab's time that comes at least this often. */
function cronTime(every_ms: number): string {
  const minutes = Math.max(1, Math.floor(every_ms / 60_000));
  if (minutes < 60) return minutes === 1 ? '* * * * *' : `*/${minutes} * * * *`;
  const hours = Math.floor(every_ms / HOUR_MS);
  if (hours < 24) return hours === 1 ? '17 * * * *' : `17 */${hours} * * *`;
  const days = Math.floor(every_ms / DAY_MS);
  if (days >= 28) return '17 3 1,15 * *';
  if (days >= 7) return '17 3 * * 1';
  return days === 1 ? '17 3 * * *' : `17 3 */${days} * *`;
}

/** Text as a YAML scalar. */
function yamlText(text: string): string {
  return /^[A-Za-z][\w./-]*$/.test(text) ? text : JSON.stringify(text);
}

function github(scheduled: Scheduled): string {
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

function gitlab(scheduled: Scheduled): string {
  const { file, secrets, values, keepsData } = scheduled;
  const { time, note } = cachedTimes(scheduled);
  const variables = Object.entries(values).map(([name, value]) => `    ${name}: ${yamlText(value)}`);
  const about = `# The ledger is kept in the cache between the runs, after a failed run too. GitLab.com deletes a cache that no job wrote for 14 days,
# and a runner may lose its own. A shared ledger (KEYS_LEDGER_URL) has none of these limits.
`;
  const cache = `  cache:
    key: keys-ledger
    paths: [.keys-ledger/]
    when: always
`;
  return `# .gitlab-ci.yml; start it with a schedule of the project: ${time}
# Masked, protected variables of the project: ${secrets.join(', ')}
${asLines(commented(scheduled.notes))}# KEYS_PACKAGE is a variable too: ${PACKAGE}
${keepsData ? about : ''}${note}# The job copies the file, because others can write to the folders of a GitLab job.
keys-apply:
  image: node:22
  rules:
    - if: $CI_PIPELINE_SOURCE == "schedule"
  resource_group: keys-apply
  variables:
    KEYS_DATA_DIR: $CI_PROJECT_DIR/.keys-ledger
${asLines(variables)}${keepsData ? cache : ''}  script:
    - npm install --global "$KEYS_PACKAGE"
    - mkdir -p -m 700 "$HOME/keys-apply" "$KEYS_DATA_DIR"
    - cp ${shellWord(file)} "$HOME/keys-apply/keys.yaml"
    - chmod 600 "$HOME/keys-apply/keys.yaml"
    - keys config set ledger kept
${asLines(copiedModules(scheduled.own, shellWord).map((line) => `    - ${line}`))}    - keys apply "$HOME/keys-apply/keys.yaml" --yes --report keys-apply.md
  artifacts: { when: always, paths: [keys-apply.md] }`;
}

/** Commands that copy each module to where nobody else can write, and add it. */
function copiedModules(
  own: readonly OwnModule[],
  from: (path: string, name: string) => string,
): readonly string[] {
  return own.flatMap(({ command, path, name }) => [
    `cp ${from(path, name)} "$HOME/keys-apply/${name}"`,
    `chmod 600 "$HOME/keys-apply/${name}"`,
    `${command} "$HOME/keys-apply/${name}"`,
  ]);
}

/** What `npm install` is given. */
const PACKAGE =
  'an address of the package that npm pack writes, such as that of a release. The name keys is another package.';

/** Sentences as lines of comments, wrapped. */
function commented(notes: readonly string[]): string[] {
  return notes.flatMap((note) => `# ${wrapWithIndent(note, WIDEST_COMMENT, '#   ')}`.split('\n'));
}

const WIDEST_COMMENT = 120;

function asLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

/** The lines of a file that holds the variables of a machine. */
function environmentFile(
  secrets: readonly string[],
  values: Scheduled['values'],
  notes: readonly string[],
): string[] {
  return [
    ...commented(notes),
    ...secrets.map((name) => `#   ${name}=...`),
    ...Object.entries(values).map(([name, value]) => `#   ${name}=${value}`),
  ];
}

function cron({ file, folder, every_ms, secrets, values, notes }: Scheduled): string {
  // A % ends the command of a crontab.
  const line = `cd ${shellWord(folder)} && set -a && . "$HOME/.config/keys/apply.env" && out=$(keys apply ${shellWord(file)} --yes 2>&1) || echo "$out"`;
  return `# crontab -e; cron mails what a run prints, which is nothing if all is well.
# $HOME/.config/keys/apply.env, readable by you alone (chmod 600):
${environmentFile(secrets, values, notes).join('\n')}
${cronTime(every_ms)}  ${line.replaceAll('%', '\\%')}`;
}

function systemd({ file, folder, every_ms, secrets, values, notes }: Scheduled): string {
  // systemd reads % as a specifier and $ as a variable.
  const escaped = (text: string) => text.replaceAll('%', '%%');
  const argument = /^[\w./-]+$/.test(file) ? file : JSON.stringify(escaped(file)).replaceAll('$', '$$$$');
  return `# ~/.config/systemd/user/keys-apply.service
[Unit]
Description=keys apply

[Service]
Type=oneshot
WorkingDirectory=${escaped(folder)}
# Readable by you alone (chmod 600):
${environmentFile(secrets, values, notes).join('\n')}
EnvironmentFile=%h/.config/keys/apply.env
ExecStart=/usr/bin/env keys apply ${argument} --yes

# ~/.config/systemd/user/keys-apply.timer; then: systemctl --user enable --now keys-apply.timer
[Unit]
Description=keys apply

[Timer]
OnCalendar=${calendarTime(every_ms)}
Persistent=true

[Install]
WantedBy=timers.target`;
}

/** The same times as `cronTime`, as systemd writes them. */
function calendarTime(every_ms: number): string {
  const [minute = '*', hour = '*', day = '*', , weekday = '*'] = cronTime(every_ms).split(' ');
  const step = (field: string, first: number) =>
    field.startsWith('*/')
      ? `${String(first).padStart(2, '0')}/${field.slice(2)}`
      : field.replace(/^\d$/, '0$&');
  return `${weekday === '1' ? 'Mon ' : ''}*-*-${step(day, 1)} ${step(hour, 0)}:${step(minute, 0)}:00`;
}

function k8s({ file, every_ms, secrets, values, notes, own }: Scheduled): string {
  const copied = copiedModules(own, (_, name) => `/keys/${name}`);
  const files = own.map(({ name, path }) => ` --from-file=${name}=${shellWord(path)}`).join('');
  const env = [
    ...secrets.map(
      (name) =>
        `                - { name: ${name}, valueFrom: { secretKeyRef: { name: keys-apply, key: ${name} } } }`,
    ),
    ...Object.entries(values).map(
      ([name, value]) => `                - { name: ${name}, value: ${JSON.stringify(value)} }`,
    ),
  ];
  return `# kubectl create configmap keys-apply --from-file=keys.yaml=${shellWord(file)}${files}
# kubectl create secret generic keys-apply --from-env-file=apply.env, with:
${environmentFile(secrets, {}, notes).join('\n')}
#   KEYS_PACKAGE=${PACKAGE}
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: keys-ledger }
spec:
  accessModes: [ReadWriteOnce]
  resources: { requests: { storage: 1Gi } }
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: keys-apply }
spec:
  schedule: "${cronTime(every_ms)}"
  concurrencyPolicy: Forbid
  jobTemplate:
    spec:
      backoffLimit: 0
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: apply
              image: node:22
              env:
                - { name: KEYS_DATA_DIR, value: /ledger }
                - { name: KEYS_PACKAGE, valueFrom: { secretKeyRef: { name: keys-apply, key: KEYS_PACKAGE } } }
${env.join('\n')}
              command: [sh, -euc]
              args:
                - |
                  npm install --global "$KEYS_PACKAGE"
                  mkdir -p -m 700 "$HOME/keys-apply"
                  cp /keys/keys.yaml "$HOME/keys-apply/keys.yaml"
                  keys config set ledger kept
${asLines(copied.map((line) => `                  ${line}`))}                  keys apply "$HOME/keys-apply/keys.yaml" --yes
              volumeMounts:
                - { name: file, mountPath: /keys }
                - { name: ledger, mountPath: /ledger }
          volumes:
            - { name: file, configMap: { name: keys-apply } }
            - { name: ledger, persistentVolumeClaim: { claimName: keys-ledger } }`;
}
