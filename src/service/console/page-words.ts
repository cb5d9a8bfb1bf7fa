/** Flags of the command line, and what a page has in their place. */
const FLAGS: ReadonlyArray<readonly [flag: RegExp, words: string]> = [
  [/--set (\S+?)=(…|(?=[\s,;]|$))/g, '$1'],
  [/--expires( …)?/g, 'Expires'],
  [/--scope( …)?/g, 'Scopes'],
  [/--environment (?=\w)/g, 'Environment '],
  [/\bwith --to\b/g, 'with a place'],
  [/--to (?=['.\w/])(?!delivers)/g, ''],
  [/--to\b/g, '“Deliver to”'],
  [/--replace\b/g, '“Overwrite a secret of another key”'],
  [/leave out --erase\b/g, 'keep the secret there'],
  [/without --erase\b/g, 'if the secret there is kept'],
  [/\bwith --now\b/g, 'without a time for the old key'],
  [/--grace\b/g, 'the time of the old key'],
  [/--base-url( https:\/\/…)?/g, 'the address of the profile'],
];

/** Programs whose commands hints name beside those of `keys`. Their flags are their own. */
const PROGRAMS = 'gh|glab|aws|kubectl|vercel|wrangler|vault|bao|git|npm|node|openssl';
const OF_OTHERS = new RegExp(`(^|: |\\()(${PROGRAMS}) `);
/** A clause that is one command: a sentence goes on in words. */
const WHOLE = new RegExp(`^(.*: )?((?:keys|${PROGRAMS}) \\S.*)$`);
const IN_WORDS = / (and|or|lists|shows|to|the|is|are|has|takes|finishes) /;

function withLabels(text: string): string {
  return FLAGS.reduce((said, [flag, words]) => said.replace(flag, words), text);
}

/** A message in the words of the pages: without flags of the command line. */
export function inPageWords(text: string): string {
  if (OF_OTHERS.test(text)) return text;
  return withLabels(text).replace(
    /--([a-z]+(?:-[a-z]+)*)/g,
    (_, flag: string) => `“${flag.replaceAll('-', ' ')}”`,
  );
}

/** A part of a hint: words, or a command to copy. */
export interface HintPart {
  readonly text: string;
  readonly isCommand: boolean;
}

/**
 * A clause that is not between backticks: with its command apart. Empty for one that only speaks of flags
 * which pages do not have.
 */
function partsOfClause(clause: string): readonly HintPart[] {
  const [, before = '', command = ''] = WHOLE.exec(clause) ?? [];
  if (command !== '' && !IN_WORDS.test(command)) {
    return [
      { text: before, isCommand: false },
      { text: command, isCommand: true },
    ];
  }
  if (OF_OTHERS.test(clause)) return [{ text: clause, isCommand: false }];
  const ways = withLabels(clause).split(', or ');
  const text = ways.filter((way) => !/--[a-z]/.test(way)).join(', or ');
  return text === '' ? [] : [{ text, isCommand: false }];
}

/**
 * The clauses of a hint in the words of the pages. What stands between backticks is a command, and so is a
 * whole clause that begins with a program. A clause or way that needs a flag is left out: a page has no
 * flags.
 */
export function hintParts(hint: string): readonly HintPart[] {
  // The console reads no credential of the environment.
  const meant = hint.split('; ').filter((clause) => !/^set KEYS_/.test(clause));
  const clauses = meant.map((clause) => {
    const pieces = clause.split('`');
    if (pieces.length % 2 === 0 || pieces.length === 1) return partsOfClause(clause);
    const words = pieces.filter((_, i) => i % 2 === 0).map(withLabels);
    if (words.some((piece) => /--[a-z]/.test(piece) && !OF_OTHERS.test(piece))) return [];
    return pieces.map((piece, i) => ({
      text: i % 2 === 0 ? withLabels(piece) : piece,
      isCommand: i % 2 === 1,
    }));
  });
  return clauses
    .filter((parts) => parts.length > 0)
    .flatMap((parts, i) => (i === 0 ? parts : [{ text: '; ', isCommand: false }, ...parts]))
    .filter(({ text }) => text !== '');
}

/**
 * A hint without its clauses about the commands that finish and show what is pending. Undefined: nothing is
 * left.
 */
export function withoutResume(hint: string): string | undefined {
  const clauses = hint.split('; ').filter((clause) => !/`keys (resume|pending)\b/.test(clause));
  return clauses.length === 0 ? undefined : clauses.join('; ');
}

/**
 * Path of the page, below the console of its service, that does what this command does. Null: no page does.
 */
export function pageOfCommand(command: string): { readonly path: string; readonly title: string } | null {
  if (/^keys (resume|pending)\b/.test(command)) return { path: '/pending', title: 'Show what is pending' };
  if (/^keys list --all\b/.test(command)) return { path: '/keys?status=all', title: 'Show all keys' };
  const [, quoted, plain] =
    /^keys (?:roll|revoke|show|deliver|places add) (?:'([^']+)'|([\w.@:-]+))/.exec(command) ?? [];
  const name = quoted ?? plain;
  if (name === undefined || name.startsWith('-')) return null;
  return { path: `/keys?name=${encodeURIComponent(name)}`, title: `Find ${name}` };
}
