import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import { titleInSentence } from '../../domain/systems.js';
import { clauses, option, type Part, setting, words } from '../../domain/words.js';
import type { SuccessorChoices } from './successor-choices.js';
import type { SuccessorRules } from './successor-rules.js';

/**
 * Throws `missing_answer` for an optional setting (`--set`) that the caller does not give. A definition that
 * declares nothing may send it with a create, and no record shows it: a successor without it could do more
 * than the old key.
 */
export function requireSaid(old: Key, provider: SuccessorRules, choices: SuccessorChoices): void {
  const unsaid = unsaidSetting(provider, choices);
  if (unsaid === undefined) return;
  throw new KeysError(
    'missing_answer',
    words`${titleInSentence(provider)} does not say what ${old.name} has: ${setting(unsaid.name)}`,
    {
      hint: clauses(
        words`give ${setting(unsaid.name)}, or ${setting(unsaid.name, '')} for none`,
        'nothing was changed',
      ),
    },
  );
}

/**
 * The first optional setting that goes along with a create and that the caller does not give. No record shows
 * it.
 */
export function unsaidSetting(
  { context }: Pick<SuccessorRules, 'context'>,
  { options = [], defaults = [] }: SuccessorChoices,
) {
  return context.find(({ name, required }) => !required && ![...options, ...defaults].includes(name));
}

/** `none`: the option that says that the key has none; absent: there is no option for this field. */
export function unknownField(
  old: Key,
  { title, isOwnFile }: SuccessorRules,
  field: Part,
  none?: Part,
): KeysError {
  const way =
    none === undefined
      ? 'create a key with the same rights, deliver it, and revoke this one'
      : words`say it: ${field} (${none} for none)`;
  const byFile = isOwnFile === true ? [SAID_BY_ABSENT] : [];
  return new KeysError(
    'missing_answer',
    words`${titleInSentence({ title })} does not say what ${old.name} has: ${field}`,
    { hint: clauses(way, ...byFile, 'nothing was changed') },
  );
}

const SAID_BY_ABSENT = "`absent` in the provider's file says what a record without the field means";

export function unknownScopes(old: Key, { title, accepts, isOwnFile }: SuccessorRules): KeysError {
  const { about = '', values } = accepts.scopes ?? {};
  const way = values === undefined ? about : `one of ${values.join(', ')}`;
  return new KeysError(
    'missing_answer',
    words`${titleInSentence({ title })} does not say what ${old.name} may do: ${option('scope', '…')}`,
    { hint: isOwnFile === true ? `${way}; ${SAID_BY_ABSENT}; nothing was changed` : way },
  );
}
