import type { Connection } from '../../connect/connection.js';
import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import type { OptionField, Provider } from '../../domain/provider.js';
import { SCOPE_PATTERN } from '../../domain/scopes.js';
import type { Prompts, Question } from '../../terminal/prompts.js';
import { type RestrictionFlags, readRestrictions, readScopes } from '../options/key-options.js';

/**
 * What a new key may do and who may use it, as flags; `options` holds values of the vendor's own options, as
 * `--set` takes them.
 */
export interface AskedRights extends RestrictionFlags {
  readonly scope?: string[];
  readonly options?: Readonly<Record<string, string>>;
}

/** Values of `--set` and of the profile. */
type Values = Readonly<Record<string, string | undefined>>;

const RESTRICTIONS = [
  { accepts: 'ips', flag: 'allowIp', option: '--allow-ip', title: 'IP addresses that may use it' },
  { accepts: 'referrers', flag: 'allowReferrer', option: '--allow-referrer', title: 'pages that may use it' },
  {
    accepts: 'endpoints',
    flag: 'allowEndpoint',
    option: '--allow-endpoint',
    title: 'requests that it may make',
  },
] as const;

/**
 * Asks for the scopes, the vendor's own options and the restrictions that the flags and `set` leave open and
 * that keys of this provider can have. An optional answer may be left empty. What a dashboard decides is not
 * asked.
 */
export async function askRights(
  flags: AskedRights,
  { kind, provider, target }: Pick<Connection, 'kind' | 'provider' | 'target'>,
  prompts: Prompts,
): Promise<AskedRights> {
  if (kind === 'guided') return {};
  const scope = flags.scope ?? (await askScopes(provider, target.set, prompts));
  const options = await askOptions(provider.options, target.set, prompts);
  const asksRestrictions = RESTRICTIONS.every(({ flag }) => flags[flag] === undefined);
  const restrictions = asksRestrictions ? await askRestrictions(provider.accepts, prompts) : {};
  return compact({ scope, options, ...restrictions });
}

/** Undefined where the provider has no scopes, and for no answer. */
async function askScopes(
  { id, accepts: { scopes } }: Provider,
  set: Values,
  prompts: Prompts,
): Promise<string[] | undefined> {
  if (scopes === undefined) return undefined;
  const { about, values, most, required = false, unless, default: byDefault } = scopes;
  const isRequired = required && (unless === undefined || !set[unless]);
  const flag = '--scope';
  if (values === undefined) {
    const tip = `${about}; commas between them${isRequired ? '' : '; empty: none'}`;
    const question = { message: 'Scopes', tip, flag, required: isRequired };
    // A key service of ours refuses other scopes, after the last question.
    const read = id === 'keys' ? readOwnScopes : readScopes;
    return await askTexts(question, read, prompts);
  }
  const choices = values.map((value) => ({ value, title: value }));
  if (most === 1) {
    const none = isRequired ? [] : [{ value: '', title: byDefaultText(byDefault) }];
    const chosen = await prompts.choose<string>({ message: 'Scope', flag, choices: [...none, ...choices] });
    return chosen === '' ? undefined : [chosen];
  }
  const chosen = await prompts.chooseSeveral({ message: 'Scopes', flag, choices, required: isRequired });
  return chosen.length === 0 ? undefined : chosen;
}

function readOwnScopes(texts: readonly string[]): void {
  readScopes(texts);
  const wrong = texts.find((text) => !SCOPE_PATTERN.test(text));
  if (wrong === undefined) return;
  throw new KeysError('usage', `not a scope: ${JSON.stringify(wrong)}`, {
    hint: 'words without spaces, joined by colons, such as invoices:read',
  });
}

/** Asks for options that the vendor needs, and for those with a fixed list of values. */
async function askOptions(
  fields: readonly OptionField[],
  set: Values,
  prompts: Prompts,
): Promise<Record<string, string> | undefined> {
  const asked: Record<string, string> = {};
  for (const { name, about, required, values, kind, default: byDefault } of fields) {
    if (set[name] || (!required && (values === undefined || kind !== 'text'))) continue;
    const flag = `--set ${name}=…`;
    const question = { message: name, tip: about, flag };
    const answer =
      values === undefined
        ? await prompts.text({ ...question, check: (text) => text.trim() !== '' || `${name} is required` })
        : await prompts.choose<string>({
            ...question,
            choices: [
              ...(required ? [] : [{ value: '', title: byDefaultText(byDefault) }]),
              ...values.map((value) => ({ value, title: value })),
            ],
          });
    if (answer !== '') asked[name] = answer;
  }
  return Object.keys(asked).length === 0 ? undefined : asked;
}

/** An answer that leaves the choice to the vendor, with what that is: it may be every right. */
function byDefaultText(value: OptionField['default']): string {
  if (value === undefined) return "the provider's default";
  return `the provider's default: ${[value].flat().join(', ')}`;
}

/** One question says which restrictions there are. No choice: none. */
async function askRestrictions(accepts: Provider['accepts'], prompts: Prompts): Promise<RestrictionFlags> {
  const there = RESTRICTIONS.filter((one) => accepts[one.accepts] !== undefined);
  if (there.length === 0) return {};
  const chosen = await prompts.chooseSeveral({
    message: 'Restrict the key to',
    tip: 'none: it works from everywhere',
    flag: there.map(({ option }) => option).join(' or '),
    choices: there.map(({ flag, title }) => ({ value: flag, title })),
  });
  const answers: Record<string, string[] | undefined> = {};
  for (const { flag, option, title, accepts: member } of there) {
    if (!chosen.includes(flag)) continue;
    const message = `${title[0]?.toUpperCase()}${title.slice(1)}`;
    const tip = `${accepts[member]}; commas between them`;
    const check = (texts: string[]) => readRestrictions({ [flag]: texts });
    answers[flag] = await askTexts({ message, tip, flag: option, required: true }, check, prompts);
  }
  return compact(answers);
}

/** The texts between commas; undefined for an empty answer. `read` throws for a malformed one. */
async function askTexts(
  { required, ...question }: Question & { readonly required: boolean },
  read: (texts: string[]) => unknown,
  prompts: Prompts,
): Promise<string[] | undefined> {
  const split = (text: string) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  const answer = await prompts.text({
    ...question,
    asArguments: (text) => split(text).flatMap((part) => [question.flag, part]),
    ...(required ? {} : { default: '' }),
    check(text) {
      const texts = split(text);
      if (texts.length === 0) return !required || `${question.flag} is required`;
      return problemOf(() => read(texts)) ?? true;
    },
  });
  const texts = split(answer);
  return texts.length === 0 ? undefined : texts;
}

/** The message and the hint of the `KeysError` that `work` throws; undefined where it throws none. */
function problemOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof KeysError) return [error.message, error.hint].filter(Boolean).join('; ');
    throw error;
  }
}
