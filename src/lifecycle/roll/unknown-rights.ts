import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import { titleInSentence } from '../../domain/systems.js';
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
    `${titleInSentence(provider)} does not say what ${old.name} has: --set ${unsaid.name}=…`,
    {
      hint: `give --set ${unsaid.name}=…, or --set ${unsaid.name}= for none; nothing was changed`,
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

export function unknownField(old: Key, { title, isOwnFile }: SuccessorRules, field: string): KeysError {
  const none = field.startsWith('--set ') ? ` (${field.replace('…', '')} for none)` : NONE[field];
  const way = field.startsWith('--')
    ? `say it: ${field}${none ?? ''}`
    : 'create a key with the same rights, deliver it, and revoke this one';
  return new KeysError(
    'missing_answer',
    `${titleInSentence({ title })} does not say what ${old.name} has: ${field}`,
    { hint: `${way}${isOwnFile === true ? `; ${SAID_BY_ABSENT}` : ''}; nothing was changed` },
  );
}

/** How an option says that a key has none. */
const NONE: Readonly<Record<string, string>> = { '--expires …': ' (--expires never for none)' };

const SAID_BY_ABSENT = "`absent` in the provider's file says what a record without the field means";

export function unknownScopes(old: Key, { title, accepts, isOwnFile }: SuccessorRules): KeysError {
  const { about = '', values } = accepts.scopes ?? {};
  const way = values === undefined ? about : `one of ${values.join(', ')}`;
  return new KeysError(
    'missing_answer',
    `${titleInSentence({ title })} does not say what ${old.name} may do: --scope …`,
    { hint: isOwnFile === true ? `${way}; ${SAID_BY_ABSENT}; nothing was changed` : way },
  );
}
