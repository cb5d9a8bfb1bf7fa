import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import type { Rights } from '../../domain/managed-key.js';
import { titleInSentence } from '../../domain/systems.js';
import type { SuccessorChoices } from './successor-choices.js';
import type { SuccessorRules } from './successor-rules.js';

/**
 * Throws `unsupported` for a right that the key was created with, and that the provider's definition has lost
 * since then: a successor without it could do more than the old key.
 */
export function requireStillTaken(
  { name }: Key,
  rights: Rights | null,
  { title, accepts, options, context, takesAll }: SuccessorRules,
  choices: SuccessorChoices,
): void {
  if (rights === null || takesAll) return;
  const declared = new Set([...options, ...context].map((one) => one.name));
  const lost = [
    ...Object.entries(rights.options ?? {})
      .filter(([option, value]) => value !== null && !declared.has(option))
      .map(([option]) => option),
    ...(['scopes', 'limits', 'owner'] as const).filter(
      (field) =>
        accepts[field] === undefined && hasMember(rights[field]) && choices.rights?.[field] === undefined,
    ),
    ...(rights.lifetime_ms != null && accepts.expires_at === undefined && choices.expires_at === undefined
      ? ['expires_at']
      : []),
  ];
  if (lost.length === 0) return;
  throw new KeysError(
    'unsupported',
    `${name} was created with ${lost.join(', ')}, and ${titleInSentence({ title })} no longer has that`,
    {
      hint: "put it back into the provider's definition; or create another key, deliver it, and revoke this one; nothing was changed",
      details: { name, lost },
    },
  );
}

const hasMember = (value: object | string | null | undefined) =>
  typeof value === 'string' ? value !== '' : value != null && Object.keys(value).length > 0;
