import { KeysError } from '../../domain/errors.js';
import type { Credential } from '../../domain/key.js';
import { clauses, instead, option, withOptionsOnly, words } from '../../domain/words.js';
import type { SealedEscrow } from '../../storage/ledger/escrow.js';
import type { Operation } from '../../storage/ledger/operation.js';
import type { SavedSecrets } from '../../storage/ledger/saved-secrets.js';

/** Keeps a secret from the moment it is received until it is delivered. */
export interface Escrow {
  /** Where this operation's secret will be kept. Throws if it cannot be kept anywhere. */
  reserve(operation: string): Promise<string>;
  save(operation: Pick<Operation, 'id' | 'escrow' | 'address'>, credential: Credential): Promise<void>;
  /** Holds the secret in memory until this program ends: for an operation that keeps it nowhere else. */
  hold(operation: string, credential: Credential): void;
  /** Null where it is not there any more. */
  read(operation: Pick<Operation, 'id' | 'escrow' | 'address'>): Promise<Credential | null>;
  remove(operation: Pick<Operation, 'id' | 'escrow'>): Promise<void>;
}

/** Escrow that is a row of the ledger. */
const IN_LEDGER = 'ledger';

/** Sealed in the ledger where `KEYS_LEDGER_KEY` is set, else in the keychain (or the 0600 file). */
export function createEscrow(sealed: SealedEscrow | null, secrets: SavedSecrets): Escrow {
  const held = new Map<string, Credential>();
  const requireSealed = () => {
    if (sealed !== null) return sealed;
    throw new KeysError('refused', 'the secret is sealed in the ledger', {
      hint: withOptionsOnly('set KEYS_LEDGER_KEY to the key with which the operation began'),
    });
  };
  return {
    async reserve(operation) {
      if (sealed !== null) return IN_LEDGER;
      try {
        await secrets.reserve();
      } catch (error) {
        if (!(error instanceof KeysError)) throw error;
        throw new KeysError(
          error.code,
          words`cannot protect against a lost response: ${error.wording.message}`,
          {
            hint: clauses(
              withOptionsOnly('set KEYS_LEDGER_KEY (openssl rand -base64 32)'),
              instead('or unlock a keychain', 'unlock a keychain'),
              words`or ${option('insecure-storage')} keeps the secret in a file that only you may read meanwhile`,
              words`or ${option('no-escrow')} takes the risk`,
            ),
          },
        );
      }
      return `escrow:${operation}`;
    },

    async save({ id, escrow, address }, credential) {
      if (escrow === null) return;
      if (escrow === IN_LEDGER) await requireSealed().save(id, address, credential);
      else await secrets.save(escrow, credential);
    },

    hold: (operation, credential) => void held.set(operation, credential),

    async read({ id, escrow, address }) {
      if (escrow === null) return held.get(id) ?? null;
      try {
        return escrow === IN_LEDGER ? await requireSealed().read(id, address) : await secrets.read(escrow);
      } catch (error) {
        if (error instanceof KeysError && error.code === 'not_found') return null;
        throw error;
      }
    },

    async remove({ id, escrow }) {
      if (escrow === IN_LEDGER) await sealed?.remove(id);
      else if (escrow?.startsWith('escrow:')) await secrets.remove(escrow, { inOnePlace: true });
    },
  };
}
