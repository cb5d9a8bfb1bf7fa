import type { Migrations } from '../sql/migrations.js';

/** The ledger's tables. A migration that was released is never edited. */
export const LEDGER_MIGRATIONS: Migrations = [
  [
    `CREATE TABLE known_keys (
      provider TEXT NOT NULL,
      place TEXT NOT NULL,
      id TEXT NOT NULL,
      record TEXT NOT NULL,
      secret_item TEXT,
      base_url TEXT,
      roll_by BIGINT,
      updated_at BIGINT NOT NULL,
      PRIMARY KEY (provider, place, id)
    )`,
    `CREATE TABLE known_digests (
      digest TEXT PRIMARY KEY,
      provider TEXT NOT NULL,
      place TEXT NOT NULL,
      id TEXT NOT NULL
    )`,
    `CREATE TABLE operations (
      id TEXT PRIMARY KEY,
      body TEXT NOT NULL,
      owner BIGINT,
      created_at BIGINT NOT NULL
    )`,
  ],
];
