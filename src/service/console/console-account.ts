import { KeysError } from '../../domain/errors.js';
import type { Key, KeyType } from '../../domain/key.js';
import type { KeyService } from '../../domain/key-service.js';
import type { Grace, OptionField } from '../../domain/provider.js';
import { SCOPE_CREATE, SCOPE_WRITE } from '../../domain/scopes.js';
import type { Policy } from '../policies/policy.js';
import type { ConsoleAudits } from './console-audit.js';
import type { ConsoleLedger } from './console-ledger.js';

/** What a key may have beside its name, as far as a form has a field for it. */
export const KEY_FIELDS = [
  'expires_at',
  'scopes',
  'ips',
  'referrers',
  'endpoints',
  'limits',
  'owner',
  'service',
  'metadata',
] as const;
export type KeyField = (typeof KEY_FIELDS)[number];

/** What keys of a service can have: the console shows no field that the service would refuse. */
export interface ConsoleFacts {
  /** Such as `key service`. */
  readonly title: string;
  /**
   * Whether it is a key service of ours: its keys have the environments of its policy, and scopes in our
   * form.
   */
  readonly isKeyService: boolean;
  /** The first is the default. */
  readonly environments: readonly string[];
  readonly types: readonly KeyType[];
  /** What a new key can have. */
  readonly creates: ReadonlySet<KeyField>;
  /** Which expiries a new key can have. */
  readonly expiry: {
    readonly required: boolean;
    readonly atMostSeconds: number;
    /** When a key ends that is created without an end. Absent: never. */
    readonly unsaid?: string;
  };
  /** What can be changed of a key. */
  readonly updates: ReadonlySet<KeyField | 'name'>;
  /** A vendor's own fields of a new key. */
  readonly options: ReadonlyArray<Pick<OptionField, 'name' | 'about' | 'required' | 'values'>>;
  /** Null: keys cannot be rolled. */
  readonly grace: Grace | null;
  /**
   * Whether creating a key revokes the previous key of the same service and environment; then a create must
   * name both.
   */
  readonly supersedes: boolean;
}

/** A new key may expire at any time, or never. */
export const ANY_EXPIRY: ConsoleFacts['expiry'] = {
  required: false,
  atMostSeconds: Number.POSITIVE_INFINITY,
};

/**
 * The environment of a key. Null for a key of none: the first management key of a service belongs to none of
 * its policy's.
 */
export function environmentOf(
  { environment }: Pick<Key, 'environment'>,
  { isKeyService, environments }: Pick<ConsoleFacts, 'isKeyService' | 'environments'>,
): string | null {
  if (!environment || (isKeyService && !environments.includes(environment))) return null;
  return environment;
}

/** A service as one signed-in browser may use it. The pages know no more than this. */
export interface ConsoleAccount {
  readonly facts: ConsoleFacts;
  readonly service: KeyService;
  /** The ledger of this machine, which creates and rolls; absent: the service itself does. */
  readonly ledger?: ConsoleLedger;
  /** What an audit finds of the keys; absent: the page names the command. */
  readonly audit?: ConsoleAudits;
  /** Who is signed in, as the header shows it. */
  readonly who: string;
  /** The id of the key that is signed in; null where no key is. */
  readonly ownKeyId: string | null;
  /** What the caller may do. The service checks it again: this only decides what is shown. */
  readonly may: { readonly read: boolean; readonly create: boolean; readonly write: boolean };
}

/** What of a request decides who may use the console. */
export interface ConsoleRequest {
  readonly method: string;
  readonly path: string;
  /** Undefined where it cannot be known. */
  readonly ip: string | undefined;
}

/** How browsers get in. Both methods throw a `KeysError` that the sign-in page shows. */
export interface ConsoleDoor {
  /**
   * Checks what the sign-in form sent, and returns what `account` needs to find the caller again. It is kept
   * in memory only.
   */
  signIn(form: ReadonlyMap<string, string>, request: ConsoleRequest): Promise<string>;
  /** The account of a session, checked anew for each request. Throws when the session must end. */
  account(subject: string, request: ConsoleRequest): Promise<ConsoleAccount>;
}

const NEEDED = { create: SCOPE_CREATE, write: SCOPE_WRITE } as const;

/** Throws `forbidden` if the caller may not do this: the page has no form then. */
export function requireMay({ may, ownKeyId }: ConsoleAccount, what: keyof typeof NEEDED): void {
  if (may[what]) return;
  throw new KeysError('forbidden', `you cannot ${what === 'create' ? 'create' : 'change'} keys here`, {
    hint: ownKeyId === null ? 'use the command line' : `sign in with a key that has ${NEEDED[what]}`,
  });
}

/** The facts of a service that follows a policy: each of its fields can be changed later, too. */
export function factsOfPolicy({
  title,
  environments,
  types,
  scopes,
  restrictions,
  roll: grace,
  supersedes,
}: Pick<
  Policy,
  'title' | 'environments' | 'types' | 'scopes' | 'restrictions' | 'roll' | 'supersedes'
>): ConsoleFacts {
  const restricted: readonly KeyField[] = ['ips', 'referrers', 'endpoints'];
  const creates = new Set(
    KEY_FIELDS.filter(
      (field) => (scopes || field !== 'scopes') && (restrictions || !restricted.includes(field)),
    ),
  );
  const updates = new Set<KeyField | 'name'>(['name', ...creates]);
  return {
    ...{ title, isKeyService: true, environments, types, creates, expiry: ANY_EXPIRY, updates, options: [] },
    ...{ grace, supersedes },
  };
}
