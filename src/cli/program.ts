/**
 * The command line: the program, one file for each command, help, completion scripts and man pages. Only
 * `main.ts` imports it; a command imports large features inside the function that runs, so that nothing else
 * loads them.
 */

import { Command, type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { nearest } from '../domain/nearest.js';
import type { Context } from './context.js';
import { EXIT_CODES } from './exit-codes.js';
import { commandsFirst, helpFooter } from './help.js';
import { collect } from './options/collect.js';

/** Headings of the help, in order. */
const GROUPS = {
  keys: 'Keys',
  secrets: 'Secrets',
  file: 'Keys as code',
  checks: 'Checks',
  accounts: 'Accounts',
  service: 'Service',
} as const;

interface CommandEntry {
  /** Absent for a hidden command. */
  readonly group?: keyof typeof GROUPS;
  readonly summary: string;
  readonly hidden?: true;
  readonly load: () => Promise<
    (context: Context, buildTree: () => Promise<CommandUnknownOpts>) => CommandUnknownOpts
  >;
}

/**
 * Every command, in the order of the help. A command's module is loaded only when it runs, or when its own
 * help is asked for.
 */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  create: {
    group: 'keys',
    summary: 'create a key; its secret is shown once',
    load: async () => (await import('./commands/create.js')).createCommand,
  },
  list: {
    group: 'keys',
    summary: 'list keys: filters, sort, columns, every page',
    load: async () => (await import('./commands/list.js')).listCommand,
  },
  show: {
    group: 'keys',
    summary: "show one key's record",
    load: async () => (await import('./commands/show.js')).showCommand,
  },
  update: {
    group: 'keys',
    summary: "change a key's name, expiry, scopes or restrictions",
    load: async () => (await import('./commands/update.js')).updateCommand,
  },
  roll: {
    group: 'keys',
    summary: 'replace a key; the old one works until its grace period is over',
    load: async () => (await import('./commands/roll.js')).rollCommand,
  },
  pause: {
    group: 'keys',
    summary: 'stop a key until it is unpaused, where the vendor can',
    load: async () => (await import('./commands/pause.js')).pauseCommand,
  },
  unpause: {
    group: 'keys',
    summary: 'let a paused key work again',
    load: async () => (await import('./commands/pause.js')).unpauseCommand,
  },
  revoke: {
    group: 'keys',
    summary: 'stop keys at once and for good',
    load: async () => (await import('./commands/revoke.js')).revokeCommand,
  },
  verify: {
    group: 'keys',
    summary: 'say whether a key is valid, and if not, why',
    load: async () => (await import('./commands/verify.js')).verifyCommand,
  },
  places: {
    group: 'secrets',
    summary: 'where the secret of each key lives: list, add, remove, kinds',
    load: async () => (await import('./commands/places.js')).placesCommand,
  },
  deliver: {
    group: 'secrets',
    summary: "deliver a key's secret to further places",
    load: async () => (await import('./commands/deliver.js')).deliverCommand,
  },
  resume: {
    group: 'secrets',
    summary: 'finish what was interrupted; revoke old keys that are due',
    load: async () => (await import('./commands/resume.js')).resumeCommand,
  },
  pending: {
    group: 'secrets',
    summary: 'list what is unfinished',
    load: async () => (await import('./commands/pending.js')).pendingCommand,
  },
  plan: {
    group: 'file',
    summary: 'say what differs from keys.yaml',
    load: async () => (await import('./commands/plan.js')).planCommand,
  },
  apply: {
    group: 'file',
    summary: 'change what differs from keys.yaml',
    load: async () => (await import('./commands/apply.js')).applyCommand,
  },
  adopt: {
    group: 'file',
    summary: 'write a keys.yaml with the keys that there are',
    load: async () => (await import('./commands/adopt.js')).adoptCommand,
  },
  schedule: {
    group: 'file',
    summary: 'print a job that runs keys apply: GitHub, GitLab, cron, systemd, Kubernetes',
    load: async () => (await import('./commands/schedule.js')).scheduleCommand,
  },
  run: {
    group: 'secrets',
    summary: 'run a program with keys in its environment',
    load: async () => (await import('./commands/run.js')).runCommand,
  },
  env: {
    group: 'secrets',
    summary: 'print saved secrets as lines for a shell',
    load: async () => (await import('./commands/env.js')).envCommand,
  },
  import: {
    group: 'secrets',
    summary: 'save a key that exists already',
    load: async () => (await import('./commands/import.js')).importCommand,
  },
  audit: {
    group: 'checks',
    summary: 'find keys that are old, unused, too broad, shared or in version control',
    load: async () => (await import('./commands/audit.js')).auditCommand,
  },
  guard: {
    group: 'checks',
    summary: 'refuse a commit that contains a key',
    load: async () => (await import('./commands/guard.js')).guardCommand,
  },
  events: {
    group: 'checks',
    summary: 'the audit trail: who did what when to which key',
    load: async () => (await import('./commands/events.js')).eventsCommand,
  },
  usage: {
    group: 'checks',
    summary: 'how often a key was used and refused, by day',
    load: async () => (await import('./commands/usage.js')).usageCommand,
  },
  doctor: {
    group: 'checks',
    summary: 'check this installation, and say how to fix it',
    load: async () => (await import('./commands/doctor.js')).doctorCommand,
  },
  login: {
    group: 'accounts',
    summary: "keep a service's credential in the OS keychain",
    load: async () => (await import('./commands/login.js')).loginCommand,
  },
  logout: {
    group: 'accounts',
    summary: 'remove a stored credential everywhere',
    load: async () => (await import('./commands/logout.js')).logoutCommand,
  },
  status: {
    group: 'accounts',
    summary: 'where requests go, as whom, and which settings apply',
    load: async () => (await import('./commands/status.js')).statusCommand,
  },
  profile: {
    group: 'accounts',
    summary: 'named services: list, use, add, remove',
    load: async () => (await import('./commands/profile.js')).profileCommand,
  },
  config: {
    group: 'accounts',
    summary: 'settings: list, get, set, unset, path',
    load: async () => (await import('./commands/config.js')).configCommand,
  },
  ledger: {
    group: 'accounts',
    summary: 'where the record of your keys is; share it between machines',
    load: async () => (await import('./commands/ledger.js')).ledgerCommand,
  },
  api: {
    group: 'accounts',
    summary: "send an authenticated request in the provider's own scheme",
    load: async () => (await import('./commands/api.js')).apiCommand,
  },
  provider: {
    group: 'accounts',
    summary: 'what is known of each provider: list, show',
    load: async () => (await import('./commands/provider.js')).providerCommand,
  },
  serve: {
    group: 'service',
    summary: 'run the key service over HTTP, for others',
    load: async () => (await import('./commands/serve.js')).serveCommand,
  },
  console: {
    group: 'service',
    summary: 'see and change keys of every profile in a browser',
    load: async () => (await import('./commands/console.js')).consoleCommand,
  },
  webhook: {
    group: 'service',
    summary: "check or make a webhook's signature",
    load: async () => (await import('./commands/webhook.js')).webhookCommand,
  },
  completion: {
    group: 'service',
    summary: 'print a completion script for a shell',
    load: async () => (await import('./commands/completion.js')).completionCommand,
  },
  version: {
    summary: 'print the version',
    hidden: true,
    load: async () => (await import('./commands/version.js')).versionCommand,
  },
  __complete: {
    summary: 'print candidates for a completion script',
    hidden: true,
    load: async () => (await import('./commands/complete.js')).completeCommand,
  },
};

/** Words that people type for a command, by the command. Help shows the first of each. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  list: ['ls'],
  roll: ['rotate'],
  revoke: ['delete', 'remove', 'rm'],
  status: ['whoami'],
};

/**
 * What other tools call a command of ours. These words are suggested only: each can mean something else, too.
 */
const FOREIGN_WORDS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['add', 'generate', 'issue', 'make', 'mint', 'new'].map((word) => [word, 'create'])),
  ...{ get: 'show', info: 'show', describe: 'show', view: 'show', edit: 'update', set: 'update' },
  ...{
    regenerate: 'roll',
    renew: 'roll',
    replace: 'roll',
    disable: 'pause',
    suspend: 'pause',
    enable: 'unpause',
    destroy: 'revoke',
  },
  ...{ check: 'verify', test: 'verify', validate: 'verify', scan: 'audit', log: 'events', logs: 'events' },
  ...{ auth: 'login', signin: 'login', signout: 'logout', use: 'profile', exec: 'run', start: 'serve' },
  ...{
    export: 'env',
    completions: 'completion',
    server: 'serve',
    providers: 'provider',
    vendors: 'provider',
  },
};

/**
 * The command that was probably meant by a word that is none: another tool's word for it, or a typing
 * mistake. Null if there is none.
 */
export function commandMeant(word: string): string | null {
  const shown = Object.keys(COMMANDS).filter((name) => !COMMANDS[name]?.hidden);
  const known = Object.hasOwn(FOREIGN_WORDS, word)
    ? word
    : nearest(word, [...shown, 'help', ...Object.values(ALIASES).flat(), ...Object.keys(FOREIGN_WORDS)]);
  return known === null ? null : (FOREIGN_WORDS[known] ?? commandNamed(known) ?? null);
}

/** The name of the command that a word stands for. */
function commandNamed(word: string | undefined): string | undefined {
  if (word === undefined) return undefined;
  const [name] = Object.entries(ALIASES).find(([, aliases]) => aliases.includes(word)) ?? [word];
  return name;
}

/** The root command with its global flags and no subcommand. */
export function createRoot(version: string) {
  const root = new Command('keys')
    .usage('[options] <command>')
    .description('one life cycle for API keys, from the terminal and from scripts')
    .version(
      version,
      '-V, --version',
      'print the version; with --verbose also of Node, SQLite, OpenSSL and the keychain libraries, for bug reports',
    )
    .option('-p, --profile <name>', 'use this profile (beats the environment)')
    .option('--provider <id>', 'whose keys: see keys provider list (default: keys)')
    .option('--base-url <url>', 'use the key service at this address')
    .addOption(
      new Option(
        '--set <name=value>',
        'a setting that the provider needs, such as project=…; again for more',
      ).argParser<string[]>(collect),
    )
    .option('--json', 'print data alone on stdout, as JSON')
    .option('-q, --quiet', 'no messages but warnings and errors')
    .option('--no-color', 'no colour')
    .option('--no-input', 'never ask; refuse what would have to be asked')
    .option('--no-browser', "print a dashboard's address instead of opening it")
    .option('--insecure', 'allow plain HTTP to another machine')
    .addOption(new Option('--verbose').hideHelp())
    .option('--debug', 'trace requests to stderr, secrets redacted')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .configureHelp({ showGlobalOptions: true, formatHelp: commandsFirst })
    .showHelpAfterError(false)
    .showSuggestionAfterError(false)
    .addHelpText(
      'after',
      `\nExit codes:\n${EXIT_CODES.map(([code, meaning]) => `  ${String(code).padEnd(4)} ${meaning}`).join('\n')}`,
    )
    .exitOverride();
  root.saveStateBeforeParse();
  return root;
}

type Root = ReturnType<typeof createRoot>;

/**
 * Reads the options of the root from a command line, and returns the words that are no options. Forgets what
 * was read before: Commander would add the values of `--set` to those of the first time.
 */
export function readRootOptions(root: CommandUnknownOpts, argv: readonly string[]): readonly string[] {
  root.restoreStateBeforeParse();
  return root.parseOptions([...argv]).operands;
}

async function addCommand(root: Root, context: Context, entry: CommandEntry): Promise<void> {
  const buildTree = async () =>
    (await buildFullProgram(context, context.process.version)) as CommandUnknownOpts;
  const command = (await entry.load())(context, buildTree).summary(entry.summary).exitOverride();
  command.addHelpText('after', helpFooter(command.name()));
  for (const sub of command.commands) {
    sub.addHelpText('after', helpFooter(command.name()));
    inherit(root, sub);
  }
  inherit(root, command);
  addInGroup(root, command, entry);
}

function addInGroup(root: Root, command: CommandUnknownOpts, { group, hidden }: CommandEntry): void {
  command.aliases([...(ALIASES[command.name()] ?? [])]);
  if (group !== undefined) command.helpGroup(`${GROUPS[group]}:`);
  root.addCommand(command as Command, hidden ? { hidden: true } : {});
}

function inherit(root: Root, command: CommandUnknownOpts): void {
  command.copyInheritedSettings(root as CommandUnknownOpts).exitOverride();
}

/** The whole command tree, every module loaded: what man pages and completions are made from. */
export async function buildFullProgram(context: Context, version: string): Promise<Root> {
  const root = createRoot(version);
  for (const entry of Object.values(COMMANDS)) await addCommand(root, context, entry);
  return root;
}

/** What `keys` alone prints: one screen. Every command by name, two examples, and where more is said. */
export function overview(): string {
  const names = Object.entries(GROUPS).map(([group, title]) => {
    const commands = Object.entries(COMMANDS).filter(([, entry]) => entry.group === group);
    return `  ${title.padEnd(12)} ${commands.map(([name]) => name).join(' ')}`;
  });
  return `One life cycle for API keys, from the terminal and from scripts.

Usage: keys [options] <command>

${names.join('\n')}

Examples:
  keys create my-first-key          create a key of a service on this machine
  keys roll web --to .env#WEB_KEY   replace a key; deliver the new one to a file

keys <command> --help explains a command; keys --help lists every option and
exit code; man keys names the guides.
`;
}

/**
 * The program for one call: the command that `argv` names is loaded. Without one, for the help and for
 * suggestions, every command is there by name and summary alone.
 */
export async function buildProgram(root: Root, context: Context, argv: readonly string[]): Promise<Root> {
  const operands = readRootOptions(root as CommandUnknownOpts, argv);
  const wanted = operands[0] === 'help' ? operands[1] : operands[0];
  const name = commandNamed(wanted);
  if (name !== undefined && Object.hasOwn(COMMANDS, name)) {
    await addCommand(root, context, COMMANDS[name] as CommandEntry);
    return root;
  }
  for (const [candidate, entry] of Object.entries(COMMANDS)) {
    const stub = new Command(candidate).summary(entry.summary).description(entry.summary);
    inherit(root, stub as CommandUnknownOpts);
    addInGroup(root, stub as CommandUnknownOpts, entry);
  }
  return root;
}
