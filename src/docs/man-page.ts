import { EXIT_CODES } from '../domain/errors.js';
import type { CommandNode } from './command-tree.js';

const ENVIRONMENT: ReadonlyArray<readonly [name: string, about: string]> = [
  ['KEYS_API_KEY', 'the credential, instead of the one kept for a profile'],
  ['KEYS_PROFILE', 'the profile to use'],
  ['KEYS_BASE_URL', 'the address of the key service'],
  ['KEYS_CONFIG_DIR', 'folder of the settings'],
  ['KEYS_DATA_DIR', "folder of the embedded service's database"],
  ['KEYS_MANAGEMENT_KEY', 'the management key that keys serve takes instead of making one'],
  ['KEYS_DATABASE_URL', 'the address of a PostgreSQL database for keys serve'],
  ['NO_COLOR , FORCE_COLOR', 'colour never, or always'],
  ['HTTPS_PROXY , HTTP_PROXY , NO_PROXY', 'proxies, and the hosts that are reached without one'],
  ['NODE_EXTRA_CA_CERTS', 'a file with further certificate authorities'],
];

const FILES: ReadonlyArray<readonly [path: string, about: string]> = [
  ['~/.config/keys/config.json', 'settings and profiles; no secret'],
  ['~/.local/share/keys/keys.db', "the embedded service's database"],
  ['~/.local/share/keys/management.key', 'the management key that the first keys serve made'],
];

/** Comes after the exit status, by mdoc's convention; what else a command says in words before it. */
const EXAMPLES = '.Sh EXAMPLES';

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
    ...tagged('ENVIRONMENT', ENVIRONMENT, 'Ev'),
    ...tagged('FILES', FILES, 'Pa'),
    exitStatus(),
    seeAlso(root.commands.map((command) => `keys-${command.name}`)),
    '',
  ].join('\n');
}

/** The page of one command (`keys-create(1)`), its subcommands in it. */
export function commandPage(command: CommandNode): string {
  const name = `keys-${command.name}`;
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
    ...epilogue(command.epilogue).filter((section) => !section.startsWith(EXAMPLES)),
    exitStatus(),
    ...epilogue(command.epilogue).filter((section) => section.startsWith(EXAMPLES)),
    seeAlso(['keys']),
    '',
  ].join('\n');
}

/** Whether a command does something without a subcommand: one that only holds others has no option but help. */
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
    const body = (sections[2 * i + 2] ?? '').trimEnd();
    const lines = body.split('\n').map((line) => roffText(line.replace(/^ {2}/, '')));
    return [`.Sh ${title.toUpperCase()}`, '.Bd -literal', ...lines, '.Ed'].join('\n');
  });
}

function tagged(title: string, rows: ReadonlyArray<readonly [string, string]>, macro: string): string[] {
  return [
    `.Sh ${title}`,
    '.Bl -tag -width Ds',
    ...rows.map(([name, about]) => `.It ${macro} ${name}\n${sentence(about)}`),
    '.El',
  ];
}

function exitStatus(): string {
  const rows = EXIT_CODES.map(([code, meaning]) => `.It ${code}\n${sentence(meaning)}`);
  return ['.Sh EXIT STATUS', '.Bl -tag -width Ds', ...rows, '.El'].join('\n');
}

function seeAlso(names: readonly string[]): string {
  const sorted = [...names].sort();
  return [
    '.Sh SEE ALSO',
    ...sorted.map((name, i) => `.Xr ${name} 1${i < sorted.length - 1 ? ' ,' : ''}`),
  ].join('\n');
}

/** Each sentence on a line of its own, as mdoc has it. */
function sentence(text: string): string {
  const whole = /[.:]$/.test(text) ? text : `${text}.`;
  return roffText(`${whole.charAt(0).toUpperCase()}${whole.slice(1)}`)
    .split(/(?<=[a-z)]\.) +(?=[A-Z])/)
    .join('\n');
}

/** What roff would read as its own: backslashes, and a dot or quote that begins a line. */
function roffText(text: string): string {
  return text.replaceAll('\\', '\\e').replace(/^([.'])/gm, '\\&$1');
}
