/** Options of the command line that messages name, each without its dashes. */
export type OptionName =
  | ('base-url' | 'data-dir' | 'debug' | 'env' | 'environment' | 'erase' | 'expires' | 'force' | 'from')
  | ('grace' | 'in-place' | 'insecure' | 'insecure-storage' | 'key' | 'name' | 'no-escrow' | 'now')
  | ('policy' | 'profile' | 'provider' | 'raw' | 'replace' | 'revoke-first' | 'scope' | 'service' | 'skip')
  | ('successor' | 'to' | 'watch');

/** An option of the program. `value`: what is given to it; null: the option is only named. */
export interface OptionPart {
  readonly option: OptionName;
  readonly value: string | null;
}

/** A setting of a provider, such as the project of a key. */
export interface SettingPart {
  readonly setting: string;
  readonly value: string;
}

/** A command line, to copy. */
export interface CommandPart {
  readonly command: string;
}

/** Words about options, and those for a surface that has none. */
interface InsteadPart {
  readonly words: Wording;
  /** Empty: such a surface leaves them out. */
  readonly plain: string;
}

/** Words that stand for themselves, with what joins them. */
interface JoinedPart {
  readonly joined: readonly Wording[];
  readonly by: string;
}

export type Part = string | OptionPart | SettingPart | CommandPart | InsteadPart | JoinedPart;

/** A message or a hint. A string says the same on every surface. */
export type Wording = string | Words;

/**
 * A message in parts, so that each surface writes an option in its own words: the terminal as `--scope`, a
 * page as the label of its field, a response as the member of the request. As a string, and in JSON, it is
 * what the terminal writes.
 */
export class Words {
  readonly parts: readonly Part[];

  constructor(parts: readonly Part[]) {
    this.parts = parts;
  }

  toString(): string {
    return textOf(this, COMMAND_LINE);
  }

  /** JSON has the text, and never the parts. */
  toJSON(): string {
    return String(this);
  }
}

/** Such as words`leave out ${option('grace')}`. */
export function words(
  texts: TemplateStringsArray,
  ...values: ReadonlyArray<Words | Part | number | undefined>
): Words {
  return new Words(texts.flatMap((text, i) => [text, ...partsOf(values[i])]));
}

function partsOf(value: Words | Part | number | undefined): readonly Part[] {
  if (value === undefined) return [];
  if (typeof value === 'string' || typeof value === 'number') return [String(value)];
  return 'parts' in value ? value.parts : [value];
}

export function option(name: OptionName, value: string | null = null): OptionPart {
  return { option: name, value };
}

export function setting(name: string, value = '…'): SettingPart {
  return { setting: name, value };
}

export function command(line: string): CommandPart {
  return { command: line };
}

/** `wording` where options can be given, and `plain` on a surface that has none. */
export function instead(wording: Wording, plain: string): Words {
  return new Words([{ words: wording, plain }]);
}

/** Left out on a surface that has no options. */
export function withOptionsOnly(wording: Wording): Words {
  return instead(wording, '');
}

/** Clauses of a hint. A surface leaves out those that it cannot write. */
export function clauses(...each: readonly Wording[]): Words {
  return joined(each, '; ');
}

/** Ways to do the same. A surface leaves out those that it cannot write. */
export function ways(...each: readonly Wording[]): Words {
  return joined(each, ', or ');
}

/** Wordings with the same text between each two. */
export function joined(each: readonly Wording[], by: string): Words {
  return new Words([{ joined: each, by }]);
}

/** How options are written somewhere. */
export interface Surface {
  /** Null: there is no such option here, and the clause is left out. */
  readonly option: (part: OptionPart | SettingPart) => string | null;
  readonly hasOptions: boolean;
}

/** What is written: texts, and commands to copy. */
export type Written = string | CommandPart;

/** What the terminal writes. */
export const COMMAND_LINE: Surface = {
  option: (part) =>
    'setting' in part
      ? `--set ${part.setting}=${part.value}`
      : `--${part.option}${part.value === null ? '' : ` ${part.value}`}`,
  hasOptions: true,
};

/** A wording as this surface writes it. Null: it needs an option that is not there. */
export function written(wording: Wording, surface: Surface): readonly Written[] | null {
  if (typeof wording === 'string') return [wording];
  const found: Written[] = [];
  for (const part of wording.parts) {
    const pieces = writtenPart(part, surface);
    if (pieces === null) return null;
    found.push(...pieces);
  }
  return found;
}

function writtenPart(part: Part, surface: Surface): readonly Written[] | null {
  if (typeof part === 'string' || 'command' in part) return [part];
  if ('joined' in part) return writtenJoined(part, surface);
  if ('plain' in part) {
    if (surface.hasOptions) return written(part.words, surface);
    return part.plain === '' ? null : [part.plain];
  }
  const text = surface.option(part);
  return text === null ? null : [text];
}

function writtenJoined({ joined: each, by }: JoinedPart, surface: Surface): readonly Written[] | null {
  const left = each.flatMap((one) => {
    const pieces = written(one, surface);
    return pieces === null ? [] : [pieces];
  });
  return left.length === 0 ? null : left.flatMap((pieces, i) => (i === 0 ? pieces : [by, ...pieces]));
}

/** The same as one text; empty if nothing is left. */
export function textOf(wording: Wording, surface: Surface): string {
  const pieces = written(wording, surface) ?? [];
  return pieces.map((piece) => (typeof piece === 'string' ? piece : piece.command)).join('');
}

/** The same wording with each of its texts changed, such as redacted. */
export function rewritten(wording: Wording, change: (text: string) => string): Wording {
  if (typeof wording === 'string') return change(wording);
  return new Words(wording.parts.map((part) => rewrittenPart(part, change)));
}

function rewrittenPart(part: Part, change: (text: string) => string): Part {
  if (typeof part === 'string') return change(part);
  if ('command' in part) return { command: change(part.command) };
  if ('joined' in part) return { ...part, joined: part.joined.map((each) => rewritten(each, change)) };
  if ('plain' in part) return { words: rewritten(part.words, change), plain: change(part.plain) };
  return part.value === null ? part : { ...part, value: change(part.value) };
}
