/**
 * Where secrets go: one file for each kind of place, and the contract that all of them have.
 * Rooms import the contract, and load a place when a secret is delivered to it.
 */

import type { Credential } from '../domain/key.js';
import type { Shell } from './shells.js';

/** A place for a secret as plain data, so that `resume` can make the same one again. Never holds a secret. */
export type DestinationPlan =
  | { readonly kind: 'stdout'; readonly form: 'record' | 'raw' }
  | { readonly kind: 'stdout'; readonly form: 'env'; readonly shell: Shell; readonly name: string }
  | { readonly kind: 'save'; readonly item: string; readonly insecureStorage: boolean }
  | { readonly kind: 'env-file'; readonly path: string; readonly name: string }
  | { readonly kind: 'exec'; readonly command: string; readonly directory: string }
  | { readonly kind: 'github'; readonly file: 'GITHUB_ENV' | 'GITHUB_OUTPUT'; readonly name: string };

/** A place for a secret, opened before anything is created. Delivering twice leaves what delivering once does. */
export interface Destination {
  /** For messages, such as `env file .env (WEB_API_KEY)`. */
  readonly label: string;
  /** Sees to it that a delivery can be made; throws with nothing written. Returns what the user should know. */
  reserve(): Promise<readonly string[]>;
  deliver(credential: Credential): Promise<void>;
}

/** A credential's parts with their variables: the second of a pair is named as said, else after the first. */
export function namedParts(
  credential: Credential,
  name: string,
  secondName?: string,
): ReadonlyArray<readonly [string, string]> {
  if ('secret' in credential) return [[name, credential.secret]];
  const derived = name.endsWith('API_KEY') ? name.replace(/API_KEY$/, 'SECRET_KEY') : `${name}_SECRET_KEY`;
  return [
    [name, credential.api_key],
    [secondName ?? derived, credential.secret_key],
  ];
}
