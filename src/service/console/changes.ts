import type { Wording } from '../../domain/words.js';
import type { ConsoleAccount } from './console-account.js';
import type { ConsoleChanges } from './console-ledger.js';
import { keepSaid } from './session-table.js';
import type { Visit } from './visit.js';

/** Changes keys with the ledger of this machine; a service without one has no warnings. */
export function changesOf({ ledger, service }: ConsoleAccount): ConsoleChanges {
  if (ledger !== undefined) return ledger.changes;
  const quietly = async (work: Promise<unknown> | undefined) => {
    await work;
    return [];
  };
  return {
    update: async (id, changes) => await quietly(service.update(id, changes)),
    pause: async (id) => await quietly(service.pause?.(id)),
    unpause: async (id) => await quietly(service.unpause?.(id)),
    givenUpWith: async () => [],
    revoke: async (id) => await quietly(service.revoke(id)),
  };
}

/** Leads back to the page of a key, which says what was done and shows these warnings once. */
export function doneAt(visit: Visit, id: string, how: string, said: readonly Wording[]): Response {
  keepSaid(visit.session, id, said);
  return visit.redirect(`/keys/${encodeURIComponent(id)}?done=${how}`);
}
