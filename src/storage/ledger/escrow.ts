import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { KeysError } from '../../domain/errors.js';
import type { Credential } from '../../domain/key.js';
import { clauses, command, words } from '../../domain/words.js';
import type { SqlSession } from '../sql/sql-database.js';
import { damagedRow, requireColumns } from '../sql/stored-row.js';

/** Secrets that must survive an interruption, sealed in the ledger under `KEYS_LEDGER_KEY`. */
export interface SealedEscrow {
  save(operation: string, account: string, credential: Credential): Promise<void>;
  /**
   * Throws `not_found` where there is none, `refused` where the key does not open it, and `database_damaged`
   * where the key is right.
   */
  read(operation: string, account: string): Promise<Credential>;
  remove(operation: string): Promise<void>;
}

const ESCROW = { of: 'the ledger', name: 'escrow', key: ['operation'] };
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const LABEL = 'keys-ledger escrow v1';

/**
 * AES-256-GCM with a random nonce. The ledger, if it is a shared one, the operation and its account are
 * additional data, so that a sealed secret cannot be moved to another row. `key`: 32 bytes.
 */
export function createSealedEscrow(
  database: SqlSession,
  key: Uint8Array,
  ledger: string | null,
  now: () => number,
): SealedEscrow {
  const escrowKey = Buffer.from(hkdfSync('sha256', key, '', LABEL, 32));
  const about = (operation: string, account: string) =>
    Buffer.from(JSON.stringify([...(ledger === null ? [] : [ledger]), operation, account]));
  return {
    async save(operation, account, credential) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', escrowKey, nonce).setAAD(about(operation, account));
      const text = cipher.update(JSON.stringify(credential), 'utf8');
      const sealed = Buffer.concat([nonce, text, cipher.final(), cipher.getAuthTag()]).toString('base64url');
      await database.run(
        `INSERT INTO escrow (operation, sealed, created_at) VALUES (?, ?, ?)
         ON CONFLICT (operation) DO UPDATE SET sealed = excluded.sealed`,
        [operation, sealed, now()],
      );
    },

    async read(operation, account) {
      const [row] = await database.all('SELECT sealed FROM escrow WHERE operation = ?', [operation]);
      if (row === undefined) throw new KeysError('not_found', 'the secret is no longer in the ledger');
      requireColumns(ESCROW, { operation, ...row }, { sealed: 'text' });
      const bytes = Buffer.from(String(row['sealed']), 'base64url');
      try {
        const options = { authTagLength: TAG_BYTES };
        const decipher = createDecipheriv('aes-256-gcm', escrowKey, bytes.subarray(0, NONCE_BYTES), options);
        decipher.setAAD(about(operation, account)).setAuthTag(bytes.subarray(-TAG_BYTES));
        const text = [decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()];
        return JSON.parse(Buffer.concat(text).toString('utf8')) as Credential;
      } catch (error) {
        // The key of a shared ledger was compared when it was opened: it is the right one.
        if (ledger !== null) throw damagedRow(ESCROW, { operation }, 'KEYS_LEDGER_KEY does not open it');
        throw new KeysError('refused', 'KEYS_LEDGER_KEY does not open the secret that the ledger keeps', {
          hint: 'set the key with which the operation began',
          cause: error,
        });
      }
    },

    async remove(operation) {
      await database.run('DELETE FROM escrow WHERE operation = ?', [operation]);
    },
  };
}

/** Fewest different bytes of a key: 32 random bytes have fewer once in more than 10^15 keys. */
const FEWEST_DIFFERENT = 16;

/**
 * The 32 bytes of `KEYS_LEDGER_KEY`, in hex or base64; null where it is not set. Throws `usage`, also for a
 * key that is not random.
 */
export function readLedgerKey(env: Readonly<Record<string, string | undefined>>): Uint8Array | null {
  const text = env['KEYS_LEDGER_KEY']?.trim();
  if (!text) return null;
  const isHex = /^[0-9a-f]{64}$/i.test(text);
  const bytes = Buffer.from(text, isHex ? 'hex' : 'base64');
  const hint = clauses(words`make one with: ${command('openssl rand -base64 32')}`, 'nothing was changed');
  if (!isHex && !/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) {
    throw new KeysError('usage', 'KEYS_LEDGER_KEY is neither hex nor base64', { hint });
  }
  if (bytes.length !== 32) {
    throw new KeysError('usage', `KEYS_LEDGER_KEY is not a key of 32 bytes: it has ${bytes.length}`, {
      hint,
    });
  }
  if (new Set(bytes).size < FEWEST_DIFFERENT) {
    throw new KeysError('usage', 'KEYS_LEDGER_KEY can be guessed: its bytes repeat', { hint });
  }
  return bytes;
}
