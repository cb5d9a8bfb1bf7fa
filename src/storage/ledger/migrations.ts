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
  [
    `CREATE TABLE managed_keys (
      id TEXT PRIMARY KEY,
      provider TEXT NOT NULL,
      address TEXT NOT NULL,
      account TEXT NOT NULL,
      name TEXT NOT NULL,
      body TEXT NOT NULL,
      created_at BIGINT NOT NULL,
      UNIQUE (account, name)
    )`,
    // Rows of known_keys are versions from here on.
    'ALTER TABLE known_keys ADD COLUMN managed_key TEXT',
    'ALTER TABLE known_keys ADD COLUMN generation BIGINT NOT NULL DEFAULT 1',
    'ALTER TABLE known_keys ADD COLUMN state TEXT',
    'ALTER TABLE known_keys ADD COLUMN ends_at BIGINT',
    'ALTER TABLE known_keys ADD COLUMN position BIGINT NOT NULL DEFAULT 0',
    'CREATE INDEX known_keys_managed ON known_keys (managed_key)',
    // A lease takes the place of the process id, which another program may have after a reboot.
    'ALTER TABLE operations DROP COLUMN owner',
    `CREATE TABLE leases (
      resource TEXT PRIMARY KEY,
      holder TEXT NOT NULL,
      generation BIGINT NOT NULL,
      until BIGINT NOT NULL
    )`,
    `CREATE TABLE escrow (
      operation TEXT PRIMARY KEY,
      sealed TEXT NOT NULL,
      created_at BIGINT NOT NULL
    )`,
  ], // When this program last used a saved key whose vendor does not say it, in epoch milliseconds.
  ['ALTER TABLE known_keys ADD COLUMN used_here BIGINT'],
  [
    // A MAC of each row of a shared ledger; null in a ledger of one machine.
    ...['known_keys', 'known_digests', 'managed_keys', 'operations'].map(
      (table) => `ALTER TABLE ${table} ADD COLUMN mac TEXT`,
    ),
    'CREATE TABLE ledger_facts (name TEXT PRIMARY KEY, value TEXT NOT NULL)',
  ],
  [
    // Which keys remember a place. It only finds rows of managed_keys, which are checked, so it has no MAC.
    'CREATE TABLE managed_places (place TEXT NOT NULL, managed_key TEXT NOT NULL, PRIMARY KEY (place, managed_key))',
    'CREATE INDEX managed_places_key ON managed_places (managed_key)',
    {
      sqlite: [
        `INSERT INTO managed_places (place, managed_key)
         SELECT DISTINCT json_extract(one.value, '$.id'), keys.id
         FROM managed_keys AS keys, json_each(keys.body, '$.places') AS one`,
      ],
      postgres: [
        `INSERT INTO managed_places (place, managed_key)
         SELECT DISTINCT one.value ->> 'id', keys.id
         FROM managed_keys AS keys, jsonb_array_elements(CAST(keys.body AS jsonb) -> 'places') AS one`,
      ],
    },
  ],
  [
    // Which operations are of a key. It only finds rows of operations, which are checked, so it has no MAC;
    // see `indexOperations`.
    'CREATE TABLE operation_keys (ref TEXT NOT NULL, operation TEXT NOT NULL, PRIMARY KEY (ref, operation))',
    'CREATE INDEX operation_keys_operation ON operation_keys (operation)',
  ],
  // A key of a key service is looked for at every address.
  ['CREATE INDEX known_keys_id ON known_keys (id)'],
];
