import type { LeftKey } from '../../lifecycle/roll/left-by-hand.js';

/**
 * The command with which a person revokes the old key. `keys resume` cannot do it: only a person sees the
 * dashboard.
 */
export function revokeLine({ managed, old }: LeftKey): string {
  return `keys revoke ${old.id} --provider ${managed.account.provider}`;
}
