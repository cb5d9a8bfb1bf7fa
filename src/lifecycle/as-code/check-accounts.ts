import { type KnownTarget, knownTarget } from '../../connect/known-target.js';
import { KeysError, type NextStep } from '../../domain/errors.js';
import { requireContext, requireKnownSet, requireOwnSlot } from '../../domain/expressible.js';
import type { CreateKey } from '../../domain/key-service.js';
import { nearest } from '../../domain/nearest.js';
import { freeVariableName } from '../../places/variable-name.js';
import { existingLedger } from '../../storage/ledger/existing-ledger.js';
import { accountOf } from '../find/account-of.js';
import { managedNamed } from '../find/stored-name.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import { readPlan } from '../places/read-plan.js';
import { type AccountTarget, targetOfAccount } from './account.js';
import { type FileMistake, fileError } from './file-mistake.js';
import { plannedPlaces } from './key-facts.js';
import type { FileAccount, FileKey, KeysFile } from './keys-file.js';
import { requestOf } from './request-of.js';

/** The context of a command that reads a file. */
export interface FileContext extends LifecycleContext {
  /** The folder of the file, which relative places are in. */
  readonly folder: string;
}

/** An account of the file as this machine knows it. */
type KnownAccount = AccountTarget & { readonly known: KnownTarget };

/**
 * Throws `usage` with every mistake of the file that needs no vendor: an unknown provider, a setting that is
 * missing, what the keys of a provider cannot have, a place that two keys share. Reads no credential and
 * sends nothing. An account that cannot be judged here is left to `openAccount`, which says why.
 */
export async function checkAccounts(file: KeysFile, context: FileContext): Promise<void> {
  const mistakes: FileMistake[] = [];
  const accounts = new Map<string, KnownAccount>();
  for (const account of file.accounts) {
    const known = await knownAccount(account, mistakes, context);
    if (known !== null) accounts.set(account.name, known);
  }
  const shared = new Map<string, string>();
  // In the order of the file, so that of two keys the later one is named where it stands.
  for (const entry of file.keys) {
    const known = accounts.get(entry.account);
    if (known === undefined) continue;
    mistakes.push(...(await sharedPlaces(entry, known, shared)));
    mistakes.push(...(await rightsMistakes(entry, known)));
  }
  if (mistakes.length > 0) throw fileError(file.path, mistakes);
}

/** Notes mistakes of the account itself. Null: it cannot be judged. */
async function knownAccount(
  account: FileAccount,
  mistakes: FileMistake[],
  context: FileContext,
): Promise<KnownAccount | null> {
  try {
    const at = targetOfAccount(account, context, { directory: context.folder });
    const known = await knownTarget(at.context, at.target);
    mistakes.push(...settingMistakes(account, at, known));
    return { ...at, known };
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    const providers = error.code === 'not_found' ? error.details?.['providers'] : undefined;
    if (!Array.isArray(providers)) return null;
    const near = nearest(account.provider, providers.map(String));
    const hint = near === null ? `one of ${providers.join(', ')}` : `did you mean ${near}?`;
    mistakes.push({ ...account.at, message: `unknown provider ${account.provider}`, hint });
    return null;
  }
}

/** What is wrong with the settings and the address of an account. */
function settingMistakes(
  account: FileAccount,
  { target: { set } }: AccountTarget,
  { provider, kind, address }: KnownTarget,
): FileMistake[] {
  for (const name of Object.keys(account.set)) {
    const error = errorOf(() => requireKnownSet(provider, [name]));
    if (error !== null) return [{ ...account.settingAt(name), ...wordsOf(error) }];
  }
  if (kind !== 'remote') return [];
  const missing = errorOf(() => requireContext(provider, set));
  if (missing !== null) return [{ ...account.at, ...wordsOf(missing) }];
  if (address !== null) return [];
  return [
    { ...account.at, message: `${provider.title} needs an address`, hint: 'write base_url: "https://…"' },
  ];
}

/** Places that another key of the file has too. */
async function sharedPlaces(
  entry: FileKey,
  { known, context }: KnownAccount,
  shared: Map<string, string>,
): Promise<FileMistake[]> {
  const places = await plannedPlaces(entry, null, { connection: known, context });
  const found: FileMistake[] = [];
  for (const [i, { place }] of places === 'unknown' ? [] : places.entries()) {
    const plan = readPlan(place);
    // A command takes any number of secrets, and each key has its own item of the keychain.
    if (!('address' in plan) || plan.names.length === 0) continue;
    const other = shared.get(place.id);
    const at = entry.places === 'unknown' ? entry.at : (entry.places[i]?.at ?? entry.at);
    if (other !== undefined)
      found.push({
        ...at,
        message: `${other} and ${entry.name} would share a place: ${place.label}`,
        hint: `give each key a variable of its own, such as #${freeVariableName(entry.name, new Set(plan.names), plan.names)}`,
      });
    shared.set(place.id, entry.name);
  }
  return found;
}

/**
 * What the keys of the account cannot have. A key that exists already keeps what its vendor gave it, so the
 * file may name that.
 */
async function rightsMistakes(entry: FileKey, known: KnownAccount): Promise<FileMistake[]> {
  if (entry.revoked || entry.adopt !== null) return [];
  const found = refusalsOf(entry, known);
  return found.length > 0 && (await isManaged(entry, known)) ? [] : found;
}

function refusalsOf(entry: FileKey, { known, context }: KnownAccount): FileMistake[] {
  const request = requestOf(entry, {}, context.clock.now());
  const found: FileMistake[] = [];
  const note = (error: KeysError | null, path: ValuePath | null) => {
    if (error === null) return;
    const words = wordsOf(error);
    if (found.some(({ message }) => message === words.message)) return;
    found.push({ ...(path === null ? entry.at : entry.valueAt(path)), ...words });
  };
  const refusal = (asked: Partial<CreateKey>) =>
    errorOf(() => known.refuseInexpressible({ name: entry.name, ...asked }));
  const wrong = new Set<string>();
  for (const { path, member, asked } of partsOf(request)) {
    const error = refusal(asked);
    // What is missing is asked of the whole request.
    if (error === null || error.code === 'missing_answer' || !isAbout(error, member)) continue;
    // A list repeats what is wrong with its entries.
    const isList = path.length === 1 && Array.isArray(request[member as keyof CreateKey]);
    if (!isList || !wrong.has(member)) note(error, path);
    wrong.add(member);
  }
  const whole = refusal(request);
  if (found.length === 0 || whole?.code === 'missing_answer') note(whole, null);
  note(
    errorOf(() => requireOwnSlot(known.provider, request)),
    null,
  );
  return found;
}

type ValuePath = Parameters<FileKey['valueAt']>[0];

/** A part of a request, and where the file has it. */
interface Part {
  readonly path: ValuePath;
  readonly member: string;
  readonly asked: Partial<CreateKey>;
}

/** A request in parts, so that each value that is wrong is found where it stands. */
function partsOf({ name: _, ...request }: CreateKey): Part[] {
  const { expires_at, scopes = [], restrictions = {}, options = {}, ...rest } = request;
  const part = (path: ValuePath, member: string, asked: Partial<CreateKey>) => ({ path, member, asked });
  return [
    ...Object.entries(rest).map(([member, value]) => part([member], member, { [member]: value })),
    ...(expires_at == null ? [] : [part(['expires'], 'expires_at', { expires_at })]),
    ...scopes.map((scope, i) => part(['scopes', i], 'scopes', { scopes: [scope] })),
    ...(scopes.length > 1 ? [part(['scopes'], 'scopes', { scopes })] : []),
    ...Object.entries(restrictions).flatMap(([kind, values]: [string, (readonly string[])?]) =>
      (values ?? []).map((value, i) =>
        part(['restrictions', kind, i], 'restrictions', { restrictions: { [kind]: [value] } }),
      ),
    ),
    ...Object.entries(options).map(([name, value]) =>
      part(['options', name], 'options', { options: { [name]: value } }),
    ),
  ];
}

/** Whether an error is about this member of the request, or says of none. */
function isAbout(error: KeysError, member: string): boolean {
  const said = error.details?.['member'];
  return typeof said !== 'string' || said === member || said.startsWith(`${member}.`);
}

async function isManaged(entry: FileKey, { known, target, context }: KnownAccount): Promise<boolean> {
  const { provider, address } = known;
  const ledger = address === null ? null : await existingLedger(context);
  if (ledger === null || address === null) return false;
  const account = accountOf({ target, address, provider });
  for (const name of [entry.name, ...(entry.renamedFrom === null ? [] : [entry.renamedFrom])]) {
    if ((await managedNamed(name, { account, ledger, provider })) !== null) return true;
  }
  return false;
}

function errorOf(check: () => void): KeysError | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof KeysError) return error;
    throw error;
  }
}

/** The error in the words of the file: what is missing, as the file writes it. */
function wordsOf({ message, hint, next, details = {} }: KeysError): Pick<FileMistake, 'message' | 'hint'> {
  const { option, days, can } = details;
  const ways: Partial<Record<NextStep, string | undefined>> = {
    add_profile: `write set: { ${option}: "…" } for its account`,
    give_option: `write options: { ${option}: … }`,
    give_scopes: 'write scopes: […]',
    give_expiry: `such as expires: ${days}d`,
    show_provider: Array.isArray(can) ? fieldsText(can.map(String)) : undefined,
  };
  const said = [hint, next === undefined ? undefined : ways[next]].filter((one) => one !== undefined);
  return { message, ...(said.length === 0 ? {} : { hint: said.join('; ') }) };
}

/** What the keys of a vendor can have, as far as the file has a field for it. */
function fieldsText(can: readonly string[]): string | undefined {
  const fields = can.flatMap((option) => FIELDS[option] ?? []);
  return fields.length === 0 ? undefined : `they can have ${fields.join(', ')}`;
}

const FIELDS: Readonly<Record<string, string>> = {
  expires_at: 'expires',
  scopes: 'scopes',
  ips: 'restrictions.ips',
  referrers: 'restrictions.referrers',
  endpoints: 'restrictions.endpoints',
  service: 'service',
};
