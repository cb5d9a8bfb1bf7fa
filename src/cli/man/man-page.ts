import { ENVIRONMENT_VARIABLES, variablesOfCommand } from '../environment-variables.js';
import { EXIT_CODES, exitCodesOf } from '../exit-codes.js';
import type { CommandNode } from './command-tree.js';

const FILES: ReadonlyArray<readonly [path: string, about: string]> = [
  ['~/.config/keys/config.json', 'settings and profiles; no secret'],
  ['~/.local/share/keys/keys.db', "the embedded service's database"],
  ['~/.local/share/keys/management.key', 'the management key that the first keys serve made'],
  ['~/.cache/keys', 'the compiled program'],
];

/** Comes after the exit status, by mdoc's convention; what else a command says in words before it. */
const EXAMPLES = '.Sh EXAMPLES';
/** Of every command, from the one table. */
const ENVIRONMENT = '.Sh ENVIRONMENT';
const FILES_HEADING = '.Sh FILES';
/** Sections whose place is a convention. */
const PLACED = [EXAMPLES, ENVIRONMENT, FILES_HEADING];

/** Related commands. */
const SEE_ALSO: Readonly<Record<string, readonly string[]>> = {
  create: ['list', 'env', 'roll', 'revoke'],
  list: ['show', 'audit'],
  show: ['list', 'events'],
  update: ['show', 'roll'],
  roll: ['create', 'pending', 'resume', 'revoke'],
  pause: ['unpause', 'revoke'],
  unpause: ['pause', 'show'],
  revoke: ['pause', 'roll', 'audit'],
  resume: ['pending', 'roll'],
  pending: ['resume'],
  plan: ['apply', 'adopt'],
  apply: ['plan', 'resume', 'schedule'],
  adopt: ['plan', 'import'],
  schedule: ['apply'],
  run: ['env', 'create'],
  verify: ['show', 'audit'],
  audit: ['guard', 'roll', 'revoke'],
  guard: ['audit'],
  events: ['show', 'list'],
  usage: ['show', 'events'],
  env: ['run', 'create', 'import'],
  import: ['env', 'roll'],
  api: ['provider'],
  webhook: ['provider'],
  provider: ['login'],
  login: ['logout', 'status', 'profile'],
  logout: ['login'],
  status: ['profile', 'config', 'login'],
  profile: ['login', 'status'],
  config: ['profile', 'status'],
  serve: ['console', 'login', 'verify'],
  console: ['list', 'serve', 'profile'],
};

/** The topics (pages of section 7) that explain more of a command. */
const TOPICS_OF: Readonly<Record<string, readonly string[]>> = {
  create: ['places', 'providers', 'scripting'],
  plan: ['as-code', 'places'],
  apply: ['as-code', 'places', 'ci'],
  adopt: ['as-code'],
  schedule: ['as-code', 'ci'],
  roll: ['places', 'providers', 'ledger', 'ci'],
  resume: ['places', 'ledger', 'ci'],
  ledger: ['ledger', 'ci'],
  import: ['places'],
  run: ['ci'],
  env: ['scripting'],
  audit: ['audit', 'ci'],
  provider: ['providers'],
  login: ['security'],
  serve: ['service', 'deployment', 'console', 'security'],
  console: ['console', 'security'],
  events: ['service'],
  usage: ['service'],
};

/** Every topic: `man/keys-<topic>.7.md`. */
export const TOPICS = [
  'places',
  'as-code',
  'ledger',
  'providers',
  'audit',
  'ci',
  'console',
  'service',
  'deployment',
  'scripting',
  'security',
];

/** The page of the program itself (`keys(1)`). */
export function rootPage(root: CommandNode): string {
  return [
    head('keys', root.description),
    synopsis('keys', [{ ...root, commands: [] }], ['.Ar command', '.Op Ar argument ...']),
    '.Sh DESCRIPTION',
    `${sentence(root.description)}`,
    'Without a profile it works on an embedded key service, in this process and over one file.',
    'With one, it speaks to a key service over HTTP.',
    ...options(root),
    '.Sh COMMANDS',
    '.Bl -tag -width Ds',
    ...root.commands.map((command) => `.It Xr keys-${command.name} 1\n${roffText(command.summary)}`),
    '.El',
    ...tagged('ENVIRONMENT', variableRows(ENVIRONMENT_VARIABLES), 'Ev'),
    ...tagged('FILES', FILES, 'Pa'),
    exitStatus(EXIT_CODES),
    seeAlso(
      root.commands.map((command) => `keys-${command.name}`),
      TOPICS,
    ),
    '',
  ].join('\n');
}

/** The page of one command (`keys-create(1)`), its subcommands in it. */
export function commandPage(command: CommandNode): string {
  const name = `keys-${command.name}`;
  const sections = epilogue(command.epilogue);
  return [
    head(name, command.summary),
    synopsis(`keys ${command.name}`, [...(runsAlone(command) ? [command] : []), ...command.commands]),
    '.Sh DESCRIPTION',
    sentence(command.description),
    ...(runsAlone(command) ? options(command) : []),
    ...command.commands.flatMap((sub) => [
      `.Ss ${roffText(sub.name)}`,
      sentence(sub.description),
      ...options(sub, false),
    ]),
    ...sections.filter((section) => !PLACED.some((heading) => section.startsWith(heading))),
    ...tagged('ENVIRONMENT', variableRows(variablesOfCommand(command.name)), 'Ev'),
    ...sections.filter((section) => section.startsWith(FILES_HEADING)),
    exitStatus(exitCodesOf(command.name)),
    ...sections.filter((section) => section.startsWith(EXAMPLES)),
    seeAlso(
      ['keys', ...(SEE_ALSO[command.name] ?? []).map((other) => `keys-${other}`)],
      TOPICS_OF[command.name],
    ),
    '',
  ].join('\n');
}

/**
 * Whether a command does something without a subcommand: one that only holds others has no option but help.
 */
function runsAlone({ commands, options }: CommandNode): boolean {
  return commands.length === 0 || options.some(({ long }) => long !== '--help');
}

function head(name: string, about: string): string {
  return [
    '.\\" Made from the command tree by npm run docs. Do not edit.',
    '.Dd November 21, 2026',
    `.Dt ${name.toUpperCase()} 1`,
    '.Os',
    '.Sh NAME',
    `.Nm ${name}`,
    `.Nd ${roffText(about)}`,
  ].join('\n');
}

function synopsis(name: string, commands: readonly CommandNode[], extra: readonly string[] = []): string {
  const lines = commands.flatMap((command, i) => [
    ...(i > 0 ? ['.br'] : []),
    `.Nm ${name === 'keys' || name.endsWith(` ${command.name}`) ? name : `${name} ${command.name}`}`,
    ...(command.options.length > 0 ? ['.Op Ar options'] : []),
    ...command.arguments.map(
      (argument) =>
        `${argument.required ? '.' : '.Op '}Ar ${argument.name}${argument.variadic ? ' ...' : ''}`,
    ),
    ...extra,
  ]);
  return ['.Sh SYNOPSIS', ...lines].join('\n');
}

function options(command: CommandNode, heading = true): string[] {
  if (command.options.length === 0) return [];
  const items = command.options.map((option) => {
    const [names, value] = option.flags.split(/ (?=[<[])/);
    const flags = (names ?? '').split(', ').map((flag) => `Fl ${roffText(flag.slice(1))}`);
    const choices = option.choices.length > 0 ? ` One of ${option.choices.join(', ')}.` : '';
    const argument = value === undefined ? '' : ` Ar ${roffText(value.replace(/[<>[\]]/g, ''))}`;
    return `.It ${flags.join(' , ')}${argument}\n${sentence(option.about)}${choices && `\n${roffText(choices.trim())}`}`;
  });
  return [...(heading ? ['.Ss Options'] : []), '.Bl -tag -width Ds', ...items, '.El'];
}

/** `Output:` and `Examples:` become sections; what is indented below them is shown as it stands. */
function epilogue(text: string): string[] {
  const sections = text.split(/\n*^(\w+):\n/m);
  return Array.from({ length: Math.floor(sections.length / 2) }, (_, i) => {
    const title = sections[2 * i + 1] ?? '';
    const lines = (sections[2 * i + 2] ?? '')
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/^ {2}/, ''));
    return [`.Sh ${title.toUpperCase()}`, ...(title === 'Examples' ? literal(lines) : readable(lines))].join(
      '\n',
    );
  });
}

function literal(lines: readonly string[]): string[] {
  return ['.Bd -literal', ...lines.map(roffText), '.Ed'];
}

/**
 * A name and what it is, line by line, becomes a list; anything else paragraphs: both break where the screen
 * ends.
 */
function readable(lines: readonly string[]): string[] {
  const rows = lines.map((line) => /^(\S.*?) {2,}(\S.*)$/.exec(line));
  if (rows.every((row) => row !== null)) {
    return [
      '.Bl -tag -width Ds',
      ...rows.map(
        (row) => `.It Li "${roffText((row[1] ?? '').replaceAll('"', '\\(dq'))}"\n${sentence(row[2] ?? '')}`,
      ),
      '.El',
    ];
  }
  return paragraphs(lines).flatMap((text, at) => [...(at > 0 ? ['.Pp'] : []), sentence(text)]);
}

/**
 * Help breaks its lines itself: a line continues the previous one, unless it begins a sentence, a flag or an
 * exit code.
 */
function paragraphs(lines: readonly string[]): string[] {
  const whole: string[] = [];
  for (const line of lines.map((text) => text.trim()).filter(Boolean)) {
    const before = whole.at(-1);
    if (before === undefined || /^(-|exit \d|[A-Z])/.test(line) || before.endsWith('.')) whole.push(line);
    else whole[whole.length - 1] = `${before} ${line}`;
  }
  return whole;
}

function variableRows(variables: typeof ENVIRONMENT_VARIABLES): ReadonlyArray<readonly [string, string]> {
  return variables.map(({ name, about }) => [name, about]);
}

function tagged(title: string, rows: ReadonlyArray<readonly [string, string]>, macro: string): string[] {
  return [
    `.Sh ${title}`,
    '.Bl -tag -width Ds',
    ...rows.map(([name, about]) => `.It ${macro} ${name}\n${sentence(about)}`),
    '.El',
  ];
}

function exitStatus(codes: typeof EXIT_CODES): string {
  const rows = codes.map(([code, meaning]) => `.It ${code}\n${sentence(meaning.replaceAll('`', ''))}`);
  return ['.Sh EXIT STATUS', '.Bl -tag -width Ds', ...rows, '.El'].join('\n');
}

function seeAlso(commands: readonly string[], topics: readonly string[] = []): string {
  const pages = [
    ...[...commands].sort().map((name) => `${name} 1`),
    ...[...topics].sort().map((topic) => `keys-${topic} 7`),
  ];
  return ['.Sh SEE ALSO', ...pages.map((page, i) => `.Xr ${page}${i < pages.length - 1 ? ' ,' : ''}`)].join(
    '\n',
  );
}

/** Each sentence on a line of its own, as mdoc has it. */
function sentence(text: string): string {
  const whole = /[.:]$/.test(text) ? text : `${text.replace(/;$/, '')}.`;
  return roffText(`${whole.charAt(0).toUpperCase()}${whole.slice(1)}`)
    .split(/(?<=[a-z)]\.) +(?=[A-Z])/)
    .join('\n');
}

/** Escapes what roff interprets: backslashes, and a dot or a quote at the start of a line. */
export function roffText(text: string): string {
  return text.replaceAll('\\', '\\e').replace(/^([.'])/gm, '\\&$1');
}
