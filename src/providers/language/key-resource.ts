import type { Credential, Key, KeyType, OptionValues } from '../../domain/key.js';
import type { CreateKey, UpdateKey, Verdict, VerifyKey } from '../../domain/key-service.js';
import type { Call, Operations, ProviderResponse } from '../define-provider.js';
import type { Field, Moment } from './fields.js';
import type { Pages } from './pages.js';

/**
 * A method and a path under the base URL, such as `PUT {keys}/{id}/value`. `{keys}` stands for the
 * collection's path, `{id}` for the key's id, any other `{name}` for what `--set` or an option says.
 */
export type MethodAndPath = `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} ${string}`;

/**
 * Each field of the vendor's record, once: where it is, what may be asked for, what can be changed. Text
 * alone is a path.
 */
export interface Fields {
  /** Default: `id`. */
  readonly id?: string | Field<string>;
  /** Default: `name`, which an update can change. Not sent or read where `names` is `none`. */
  readonly name?: string | Field<string>;
  readonly type?: Field<KeyType>;
  readonly environment?: string | Field<string>;
  readonly service?: string | Field<string>;
  readonly prefix?: string | Field<string>;
  readonly hint?: Field<string>;
  readonly status?: Field<NonNullable<Key['status']>>;
  readonly scopes?: Field<readonly string[]>;
  readonly ips?: Field<readonly string[]>;
  readonly referrers?: Field<readonly string[]>;
  readonly endpoints?: Field<readonly string[]>;
  /** Default: the time at `created_at`. */
  readonly created_at?: Field<string>;
  readonly last_used?: Field<string>;
  readonly expires_at?: Field<string>;
  readonly rolled_from?: string | Field<string>;
  readonly metadata?: Field<Readonly<Record<string, string>>>;
  readonly owner?: string | Field<string>;
}

/** What a new key is asked to be, restrictions and options beside the rest. */
export interface NewKey extends Omit<CreateKey, 'restrictions' | 'options'> {
  readonly ips?: readonly string[];
  readonly referrers?: readonly string[];
  readonly endpoints?: readonly string[];
  readonly options: OptionValues;
}

/** The changes of an update, in the same form. */
export interface KeyChanges extends Omit<UpdateKey, 'restrictions' | 'options'> {
  readonly ips?: readonly string[];
  readonly referrers?: readonly string[];
  readonly endpoints?: readonly string[];
  readonly options: OptionValues;
}

/** A moment in which a request is written: what the client may choose is here as well. */
export interface RequestMoment extends Moment {
  /** A version 4 UUID for this operation. A provider that sends it says `chooses: ['id']`. */
  readonly newId: () => string;
  /**
   * A random secret for this operation: 43 characters, or what `shape` makes of them. A provider that sends
   * it says `chooses: ['secret']`.
   */
  readonly newSecret: (shape?: (random: string) => string) => string;
  readonly credential: Credential;
}

export interface RollMoment extends RequestMoment {
  readonly id: string;
  /** The key as it was before. */
  readonly old: Key;
  /** The vendor's own record of it. */
  readonly record: unknown;
  /** When the old secret ends, epoch milliseconds. */
  readonly ends: number;
}

/** A further request of an operation: it is sent after the secret is safe. */
export interface FurtherRequest<Input> {
  readonly at: MethodAndPath;
  /** Undefined: nothing is to be sent this time. */
  readonly body?: (input: Input, moment: RequestMoment) => unknown;
  /** In the place of `body`: a request for each, such as one for each database. */
  readonly bodies?: (input: Input, moment: RequestMoment) => readonly unknown[];
}

interface Pair {
  readonly api_key: string;
  readonly secret_key: string;
}

/**
 * Where a new secret is in a response, such as `data.key`, or several such places; of a pair both halves. A
 * function returns the secret itself, for one that is put together.
 */
export type SecretPlace = string | readonly string[] | Pair | ((response: unknown) => string | Pair);

/** What a response shows: the whole record, or the id alone (then the key is as it was asked for). */
type Returns = 'record' | 'id';

interface CreateWay {
  /** Default: `POST {keys}`. A function: it depends on what the key is asked to be. */
  readonly at?: MethodAndPath | ((key: NewKey, set: Moment['set']) => MethodAndPath);
  /** What the body has beside the fields. */
  readonly body?: (key: NewKey, moment: RequestMoment) => object;
  /** What the vendor wants in the query instead of the body. */
  readonly query?: (
    key: NewKey,
    moment: RequestMoment,
  ) => Readonly<Record<string, string | number | undefined>>;
  readonly returns?: Returns;
  /** Where the record is in this response, if not where `one` says. */
  readonly one?: string;
  /** Where the secret is in this response, if not where `secret` says. */
  readonly secret?: SecretPlace;
  /** For a client-chosen id: 409 means that an earlier attempt created the key. This reads it. */
  readonly again?: MethodAndPath;
  /**
   * For a client-chosen secret, which stands in the body where `secret` says: where a record of the list has
   * that secret, the first half of the pair, or its beginning. 409 then means that an earlier attempt created
   * the key.
   */
  readonly chosen?: string;
  readonly steps?: ReadonlyArray<FurtherRequest<{ readonly id: string; readonly asked: NewKey }>>;
}

interface UpdateWay {
  /**
   * Default: `PATCH {keys}/{id}`, or `PUT` where the whole record is replaced. A function: it depends on what
   * changes.
   */
  readonly at?: MethodAndPath | ((changes: KeyChanges) => MethodAndPath);
  readonly encoding?: 'json' | 'form' | 'json-patch';
  /** The whole record is sent: it is read first, and the changes go over it; a cleared member is left out. */
  readonly replaces?: boolean;
  /** The body in the place of the fields; `record` is the key's record where `replaces` or `reads` is set. */
  readonly body?: (changes: KeyChanges, moment: RequestMoment & { readonly record?: unknown }) => unknown;
  /** Read the record first, for `body`. */
  readonly reads?: boolean;
  /** `nothing`: the response does not tell the key, so it is read again. */
  readonly returns?: 'record' | 'nothing';
}

/** How a key is stopped for a while, where the vendor can. */
interface PauseWay {
  /** Default: that of an update. */
  readonly at?: MethodAndPath;
  /** What the request says of a key that shall not work. */
  readonly paused: object | ((set: Moment['set']) => object);
  /** What it says of a key that shall work again. */
  readonly active: object | ((set: Moment['set']) => object);
}

interface RollWay {
  readonly at: MethodAndPath;
  readonly body?: (plan: RollMoment) => unknown;
  readonly query?: (plan: RollMoment) => Readonly<Record<string, string | number | undefined>>;
  /** How long the old secret works: as asked (default), always so many seconds, or not at all. */
  readonly grace?: 'any' | 'none' | number;
  /** The key keeps its id and has another secret. */
  readonly inPlace?: boolean;
  /**
   * What the response shows: the successor's record, its id alone, or only the secret of a key that keeps its
   * id.
   */
  readonly returns?: Returns | 'secret';
  readonly one?: string;
  readonly secret?: SecretPlace;
  readonly steps?: ReadonlyArray<FurtherRequest<{ readonly id: string; readonly plan: RollMoment }>>;
}

export interface VerifyWay {
  readonly at: MethodAndPath;
  readonly body?: (asked: VerifyKey, moment: RequestMoment) => unknown;
  readonly query?: (asked: VerifyKey) => Readonly<Record<string, string | undefined>>;
  /**
   * Where the key's record is in a response of 200; null there, or nothing: the service does not know the
   * key.
   */
  readonly record?: string;
  /** Statuses that say the same. */
  readonly unknown?: readonly number[];
  /**
   * The verdict in the place of these two. Undefined: an ordinary response: its status decides. `keyOf` reads
   * a record.
   */
  readonly verdict?: (
    response: ProviderResponse,
    keyOf: (record: unknown) => Key,
    asked: VerifyKey,
  ) => Verdict | undefined;
}

interface ListWay {
  /**
   * Default: `GET {keys}`. With POST the parameters are in the body. Of several the first whose context is
   * set.
   */
  readonly at?: MethodAndPath | readonly MethodAndPath[] | ((set: Moment['set']) => MethodAndPath);
  /** Where the list is in the response; default: the response is the list. */
  readonly in?: string;
  readonly pages?: Pages;
  /** Parameters of every page. With POST a name is a path in the body, and a value may be an object. */
  readonly query?: (set: Moment['set']) => Readonly<Record<string, string | number | object | undefined>>;
  /** The parameter that filters by exact name. */
  readonly name?: string;
  /** The list shows ids alone: each key is read by itself. */
  readonly idsOnly?: boolean;
}

type OwnWay =
  | { readonly at: MethodAndPath | readonly MethodAndPath[]; readonly one?: string }
  /**
   * For a vendor that has no such request: where a record of the list has the secret, whole or `masked`. Of
   * the key that asks, the first page of a long list is looked at; of a key that is imported, every page.
   */
  | { readonly whole: string }
  | { readonly masked: string };

/** A vendor's keys as a resource over HTTP. */
export interface KeyResource {
  /**
   * The collection, such as `/projects/{project}/keys`; `{keys}` in a route. Of several the first whose
   * context is set.
   */
  readonly path: string | readonly string[] | ((set: Moment['set']) => string);
  readonly encoding?: Exclude<Call['encoding'], 'json-patch' | undefined>;
  /** Headers of every request; undefined ones are left out. */
  readonly headers?: (set: Moment['set'], requestId: string) => Readonly<Record<string, string | undefined>>;
  /** Where a body names the key, such as `data.id`, for a vendor that wants it there. */
  readonly idIn?: string;
  /**
   * Where a record, or a list of one, is in a response; default, and where nothing is there: the response is
   * the record.
   */
  readonly one?: string;
  readonly fields: Fields;
  /** Left out where the vendor creates no keys. */
  readonly secret?: SecretPlace;
  readonly list?: ListWay;
  /** Default: `GET {keys}/{id}`; false: the vendor has none, so the list is looked through. */
  readonly get?: MethodAndPath | false;
  /** Default: `POST {keys}` with the fields. False: keys are created in the vendor's dashboard only. */
  readonly create: CreateWay | false;
  readonly update?: UpdateWay;
  readonly roll?: RollWay;
  readonly revoke?: {
    readonly at?: MethodAndPath;
    readonly body?: object | ((set: Moment['set']) => object);
    readonly steps?: ReadonlyArray<FurtherRequest<string>>;
  };
  readonly pause?: PauseWay;
  readonly verify?: VerifyWay;
  /** Where a lost secret is read again. */
  readonly recover?: { readonly at: MethodAndPath; readonly secret?: SecretPlace };
  /**
   * The request whose response is the record of the key that sends it, or has its id alone; `one`: where that
   * is, if not where `one` says. Of several the first whose context is set.
   */
  readonly own?: OwnWay;
  /** Operations written by hand, instead of those that follow from the above. */
  readonly operations?: Operations;
}
