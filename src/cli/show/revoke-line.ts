import type { LeftKey } from '../../lifecycle/roll/left-by-hand.js';

/** The command by which a person ends it. No run of `keys resume` can: only a person sees the dashboard. */
export function revokeLine({ managed, old }: LeftKey): string {
  return `keys revoke ${old.id} --provider ${managed.account.provider}`;
}
