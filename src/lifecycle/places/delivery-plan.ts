import type { Connection } from '../../connect/connection.js';
import { KeysError } from '../../domain/errors.js';
import { type CreatedKey, credentialParts, type Key, withCredential } from '../../domain/key.js';
import { option, words } from '../../domain/words.js';
import { envLines } from '../../places/env-lines.js';
import { maskPrinted } from '../../places/mask-printed.js';
import type { OpenPlace, Place, PlaceContext, PlaceKey } from '../../places/place.js';
import { openPlace, parsePlace, withNames } from '../../places/registry.js';
import { type Shell, shellOf } from '../../places/shells.js';
import { variablesFor } from '../../places/variable-name.js';
import { keyFields, successorFields } from '../../terminal/key-columns.js';
import type { LifecycleContext } from '../lifecycle-context.js';

/** stdout, where a secret is shown and not kept. */
export type StdoutPlan =
  | { readonly kind: 'stdout'; readonly form: 'record' | 'raw' }
  | {
      readonly kind: 'stdout';
      readonly form: 'env';
      readonly shell: Shell;
      readonly names: readonly string[];
    };

/** Where a secret goes, as plain data. Never holds a secret. */
export type DeliveryPlan = StdoutPlan | Place;

/** Where a new secret goes, as the flags say it. */
export interface PlaceFlags {
  readonly env?: string | true;
  readonly shell?: Shell;
  readonly raw?: true;
  readonly to?: string[];
  /** The same as `clipboard` in `to`. */
  readonly copy?: true;
  readonly replace?: true;
  readonly insecureStorage?: true;
  readonly escrow?: boolean;
  /** Places or machines that a roll leaves to that machine. */
  readonly skip?: string[];
  /** The command that brings the secret into use after a delivery, by the place's text in `to`. */
  readonly commands?: ReadonlyMap<string, string>;
}

/** The deliveries of one key. stdout is one if no place is named, or if its form is. Throws `usage`. */
export async function planPlaces(
  flags: PlaceFlags,
  key: { readonly item: string; readonly variable: string | null },
  connection: Pick<Connection, 'kind' | 'provider'>,
  context: LifecycleContext,
): Promise<DeliveryPlan[]> {
  const variables = key.variable?.split(',') ?? variablesFor(connection.provider);
  const here = { env: context.env, directory: context.process.directory };
  const places: Place[] = [];
  for (const text of [...(flags.to ?? []), ...(flags.copy ? ['clipboard'] : [])]) {
    const read = await withNames(await parsePlace(text, here, context), variables, context);
    const place = withCommand(read, flags.commands?.get(text));
    if (places.some(({ address }) => address === place.address)) {
      throw new KeysError('usage', `the place is named twice: ${place.address}`);
    }
    places.push(place.kind === 'keychain' ? inKeychain(place, flags, key.item, context) : place);
  }
  if (flags.raw) return [{ kind: 'stdout', form: 'raw' }, ...places];
  if (flags.env !== undefined) {
    // The settings file holds only what `config set` has checked against these shells.
    const kept = context.settings().get('shell') as Shell | undefined;
    const shell = flags.shell ?? kept ?? shellOf(context.env, context.process.platform);
    const names = flags.env === true ? variables : variablesFor(connection.provider, flags.env);
    return [{ kind: 'stdout', form: 'env', shell, names }, ...places];
  }
  // The secret of a guided key is saved (without --no-escrow), and the person who created it has seen it.
  const saved = connection.kind === 'guided' && flags.escrow !== false;
  const shown = places.length === 0 && !saved;
  return shown ? [{ kind: 'stdout', form: 'record' }] : places;
}

function withCommand(place: Place, command: string | undefined): Place {
  // biome-ignore lint/suspicious/noThenProperty: its value is text, so nothing takes a place for a promise
  return command === undefined ? place : { ...place, then: command };
}

function inKeychain(place: Place, flags: PlaceFlags, item: string, context: LifecycleContext): Place {
  const inFile = flags.insecureStorage === true || context.settings().get('storage') === 'file';
  return {
    ...place,
    target: { ...place.target, item, ...(inFile ? { storage: 'file' } : {}) },
  };
}

/** What a delivery is called in messages. */
export function labelOf(plan: DeliveryPlan): string {
  if (!('address' in plan)) return 'stdout';
  if (plan.target['storage'] === 'file') return `${plan.address} (0600 file)`;
  return plan.address.length > 80 ? `${plan.address.slice(0, 80)}…` : plan.address;
}

/** A delivery as it is opened. `created` is there once the key is: a record on stdout shows it. */
export async function openPlan(
  plan: DeliveryPlan,
  shown: { readonly created: CreatedKey; readonly previous: Key | null } | null,
  context: LifecycleContext,
): Promise<OpenPlace> {
  return 'address' in plan ? await openPlace(plan, placeContext(context)) : stdoutPlace(plan, shown, context);
}

function placeContext(context: LifecycleContext): PlaceContext {
  return {
    env: context.env,
    output: context.output,
    process: context.process,
    settings: () => context.settings(),
    transport: () => context.transport(),
    credentials: () => context.credentials(),
    savedSecrets: async (options) =>
      (await import('../../storage/ledger/saved-secrets.js')).openSavedSecrets(context, options),
  };
}

/** What a place learns about a key. */
export function placeKeyOf(
  name: string,
  id: string | null,
  { provider }: Pick<Connection, 'provider'>,
): PlaceKey {
  return { name, id, provider: provider.id, variables: variablesFor(provider) };
}

function stdoutPlace(
  plan: StdoutPlan,
  shown: { readonly created: CreatedKey; readonly previous: Key | null } | null,
  context: LifecycleContext,
): OpenPlace {
  return {
    async probe() {
      if (!context.process.stdoutGoesNowhere()) return [];
      throw new KeysError('refused', 'stdout goes nowhere: the secret would be lost', {
        hint: words`leave stdout open, or say where the secret goes: ${option('to', '.env')}, ${option('to', 'keychain')}`,
      });
    },
    async deliver(credential) {
      const output = context.output;
      if (shown === null) throw new TypeError('a record is shown after the key is created');
      const { created, previous } = shown;
      await maskPrinted(credential, context);
      if (plan.form === 'raw') return await output.print(`${credentialParts(credential).join('\n')}\n`);
      if (plan.form === 'env') return await output.print(envLines(plan.shell, credential, plan.names));
      const json = {
        ...withCredential({ ...created, credential }),
        ...(previous === null ? {} : { previous }),
      };
      const fields = [
        ...(previous === null ? keyFields : successorFields)(created.key, context.clock.now(), output.human),
        ...Object.entries(credential),
      ] as Array<readonly [string, string]>;
      await output.record(json, fields);
      if (!output.human) return;
      output.say('');
      output.say('this secret is shown once: keep it now, it cannot be shown again');
    },
  };
}
