import { KeysError } from '../../domain/errors.js';
import type { Provider } from '../../domain/provider.js';
import { option, words } from '../../domain/words.js';
import type { SuccessorChoices } from '../roll/successor-choices.js';

type Choices = Pick<SuccessorChoices, 'expires_at' | 'scopes'> & { readonly revokeFirst?: boolean };

type Dashboard = Pick<Provider, 'accepts' | 'supersedes' | 'title'>;

/** Throws `unsupported` for a choice that a roll in this dashboard cannot follow. Nothing was done yet. */
export function requireByHand(choices: Choices, { accepts, supersedes, title }: Dashboard): void {
  if (choices.expires_at && accepts.expires_at === undefined) throw cannotHave(title, 'an expiry');
  if (choices.scopes !== undefined && accepts.scopes === undefined) throw cannotHave(title, 'scopes');
  if (choices.revokeFirst && supersedes) {
    throw new KeysError('unsupported', `no key of ${title} can be revoked before its successor is created`, {
      hint: words`leave out ${option('revoke-first')}: creating the successor revokes the old key`,
    });
  }
}

function cannotHave(title: string, what: string): KeysError {
  return new KeysError('unsupported', `keys of ${title} cannot have ${what}`, {
    hint: 'leave the option out; nothing was changed',
  });
}

export function noGraceByHand({ title }: Pick<Provider, 'title'>): KeysError {
  return new KeysError('unsupported', `${title} ends no key by itself after a grace`, {
    hint: words`leave out ${option('grace')}: the old key works until you revoke it`,
  });
}

export function noOwnRoll({ title }: Pick<Provider, 'title'>): KeysError {
  return new KeysError('unsupported', `${title} has no roll of its own`, {
    hint: words`leave out ${option('in-place')}: a successor is created and delivered, then the old key is revoked`,
  });
}
