import type { Connection } from '../../connect/connection.js';
import { DASHBOARD_NAME, IMPORTED_AT } from '../../connect/guided/take-in-key.js';
import { compact } from '../../domain/compact.js';
import { dashboardRecord } from '../../domain/dashboard-record.js';
import { KeysError } from '../../domain/errors.js';
import { requireEnvironmentOf, requireOwnSlot } from '../../domain/expressible.js';
import { type Credential, identifyingPart, type Key, type KeyType } from '../../domain/key.js';
import type { Provider } from '../../domain/provider.js';
import { shownTime } from '../../domain/whole-seconds.js';
import { checkLabels, nameHint, nameProblem, readExpiry, refuseSecretIn } from './key-options.js';

/** What the flags of an import say of the key. */
export interface RecordFlags {
  readonly name?: string;
  readonly type?: KeyType;
  readonly environment?: string;
  readonly service?: string;
  readonly expires?: string;
  readonly dashboardName?: string;
}

/**
 * Throws `usage` for flags that hold a secret: before it is read which key is meant, and without repeating
 * them.
 */
export function refuseSecretsIn(flags: RecordFlags): void {
  refuseSecretIn('--name', flags.name);
  refuseSecretIn('--dashboard-name', flags.dashboardName);
  checkLabels(flags);
}

/**
 * The record as the service has it; null where it does not judge keys. Throws `key_not_valid` for a key that
 * it refuses.
 */
export async function serviceRecord(credential: Credential, { service }: Connection): Promise<Key | null> {
  try {
    const verdict = await service.verify({ key: identifyingPart(credential) });
    if (verdict.key !== undefined) return verdict.key;
    throw new KeysError('key_not_valid', 'the service does not know this key', {
      hint: 'is it for another profile or provider?',
    });
  } catch (error) {
    if (error instanceof KeysError && error.code === 'unsupported') return null;
    throw error;
  }
}

/**
 * Throws `conflict` where the flags say something else of a key than its service does: what they say would be
 * lost.
 */
export function refuseOtherRecord(flags: RecordFlags, key: Key): void {
  const said = { name: flags.name, type: flags.type, environment: flags.environment, service: flags.service };
  for (const [field, wanted] of Object.entries(said)) {
    const has = key[field as keyof typeof said] ?? null;
    if (wanted === undefined || has === null || has.normalize('NFC') === wanted.normalize('NFC')) continue;
    throw new KeysError('conflict', `the ${field} of this key is ${has} at its service, not ${wanted}`, {
      hint: `leave out --${field}${field === 'name' ? '; keys update changes the name afterwards' : ''}; nothing was changed`,
      details: { key_id: key.id, [field]: has },
    });
  }
}

/**
 * The record of a key that only its dashboard knows, as the flags say it. Throws `missing_answer` without a
 * name, and `usage` for what the provider does not have.
 */
export function recordFromFlags(
  flags: RecordFlags,
  provider: Provider,
  credential: Credential,
  now: number,
): Key {
  if (flags.name === undefined)
    throw new KeysError('missing_answer', '--name is needed: what the key is for');
  const problem = nameProblem(flags.name);
  if (problem !== undefined) throw new KeysError('usage', problem, { hint: nameHint(flags.name) });
  checkLabels(flags);
  const byDefault = provider.supersedes ? undefined : provider.environments[0];
  const environment = flags.environment ?? byDefault ?? null;
  if (environment !== null) requireEnvironmentOf(provider, environment);
  requireOwnSlot(provider, compact({ environment: environment ?? undefined, service: flags.service }));
  // It is not known when the key was created.
  const said = {
    ...{ name: flags.name, environment },
    ...compact({ type: flags.type, service: flags.service }),
    expires_at: flags.expires === undefined ? null : readExpiry(flags.expires, now),
  };
  return {
    ...dashboardRecord(said, provider, credential),
    metadata: {
      [IMPORTED_AT]: shownTime(now),
      ...compact({ [DASHBOARD_NAME]: flags.dashboardName === flags.name ? undefined : flags.dashboardName }),
    },
  };
}
