import type { SqlSession } from '../../storage/sql/sql-database.js';

/** What a database keeps once for all its keys. Those named here go with the keys wherever they are moved. */
export const DATABASE_SETTINGS = {
  /** The id of the policy that its keys are under. */
  policy: 'policy',
  /** What the key that encrypts signing halves is known again by; nothing can be opened with it. */
  encryptionKeyCheck: 'encryption_key_check',
  /** The same of the key that an unfinished `rekey` changes to. */
  nextEncryptionKeyCheck: 'next_encryption_key_check',
  /** What keys begin with instead of the policy's own prefixes: `OwnPrefixes` as JSON. */
  ownPrefixes: 'own_prefixes',
  /** `yes` where digests of another key system were imported. */
  importedDigests: 'imported_digests',
} as const;

/** When digests were last imported, epoch milliseconds; stays behind where keys are moved. */
export const LAST_IMPORT = 'last import of digests';

export type DatabaseSettings = Readonly<
  Partial<Record<(typeof DATABASE_SETTINGS)[keyof typeof DATABASE_SETTINGS], string>>
>;

/**
 * What an encryption key is known again by: the database's, and the one that an unfinished change brings.
 * Null: there is none.
 */
export interface EncryptionKeyChecks {
  readonly current: string | null;
  readonly next: string | null;
}

/**
 * Makes others wait who add encrypted rows or change the encryption key, until this transaction ends. What is
 * read of either afterwards is what they have left.
 */
export async function lockEncryptionKey(session: Pick<SqlSession, 'run'>): Promise<void> {
  await session.run('UPDATE service_settings SET value = value WHERE name = ?', [
    DATABASE_SETTINGS.encryptionKeyCheck,
  ]);
}

/** Reads the checks that hold until this transaction ends: it locks the encryption key first. */
export async function lockedEncryptionKey(session: SqlSession): Promise<EncryptionKeyChecks> {
  await lockEncryptionKey(session);
  const { encryptionKeyCheck, nextEncryptionKeyCheck } = DATABASE_SETTINGS;
  const rows = await session.all('SELECT name, value FROM service_settings WHERE name IN (?, ?)', [
    encryptionKeyCheck,
    nextEncryptionKeyCheck,
  ]);
  const values = new Map(rows.map(({ name, value }) => [name, String(value)]));
  return {
    current: values.get(encryptionKeyCheck) ?? null,
    next: values.get(nextEncryptionKeyCheck) ?? null,
  };
}
