import { shellWord } from '../../domain/shell-word.js';
import { findSavedSecret, type SavedSecret } from '../../lifecycle/places/find-saved-secret.js';
import { variablesOf } from '../../lifecycle/places/variables-of.js';
import { namedParts } from '../../places/place.js';
import { freeVariableName } from '../../places/variable-name.js';
import { loadProvider } from '../../providers/registry.js';
import type { Context } from '../context.js';
import { variableClaims } from '../options/claim-variables.js';
import { splitReference } from '../options/split-reference.js';
import { choosingManaged } from '../questions/pick-key.js';

/** What the saved keys of a run put into its environment. */
interface SavedVariables {
  readonly saved: readonly SavedSecret[];
  readonly variables: Readonly<Record<string, string>>;
  /** By variable, the option that gives its key another one, where the command line names none. */
  readonly offers: Map<string, string>;
  /** Throws `usage` if the variables of one more key are taken. */
  readonly claim: ReturnType<typeof variableClaims>;
  /** A variable for a key of this name that the environment does not have. */
  readonly freeFor: (keyName: string, own?: readonly string[]) => string;
}

/** Reads the saved keys that these words name, such as `web` and `shop=SHOP_KEY`. No two share a variable. */
export async function savedVariables(words: readonly string[], context: Context): Promise<SavedVariables> {
  const claim = variableClaims();
  const saved: SavedSecret[] = [];
  const variables: Record<string, string> = {};
  const offers = new Map<string, string>();
  const freeFor = (keyName: string, own?: readonly string[]) =>
    freeVariableName(keyName, new Set(Object.keys(context.env)), own);
  for (const text of words) {
    const { name, reference } = await splitReference(text, 'key first', context);
    const secret = await findSavedSecret(reference, context, choosingManaged('run with it', context));
    const { managed } = secret;
    const names = variablesOf(managed, await loadProvider(managed.account.provider, context), name);
    claim(names, managed.name, (free) => `--key ${shellWord(`${reference}=${free}`)}`);
    saved.push(secret);
    Object.assign(variables, Object.fromEntries(namedParts(secret.credential, names)));
    if (name !== undefined) continue;
    const offer = `--key ${shellWord(`${reference}=${freeFor(managed.name, names)}`)}`;
    for (const own of names) offers.set(own, offer);
  }
  return { saved, variables, offers, claim, freeFor };
}

/**
 * Warns of variables that have another value in the environment. Each warning has the option that gives the
 * key another variable, made from the key's name, where the command line names none.
 */
export function warnOfOtherValues(
  variables: Readonly<Record<string, string>>,
  offers: ReadonlyMap<string, string>,
  { env, output }: Pick<Context, 'env' | 'output'>,
): void {
  for (const [name, value] of Object.entries(variables)) {
    const before = env[name];
    if (before === undefined || before === '' || before === value) continue;
    const offer = offers.get(name);
    const both = offer === undefined ? '' : `; ${offer} leaves ${name} as it was`;
    output.warn(`${name} had another value in the environment: the program gets the key's instead${both}`);
  }
}
