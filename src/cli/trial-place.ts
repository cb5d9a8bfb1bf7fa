import { join } from 'node:path';
import { KeysError } from '../domain/errors.js';
import type { Credential } from '../domain/key.js';
import type { Provider } from '../domain/provider.js';
import { readVariables } from '../places/env-file-reader.js';
import { namedParts } from '../places/place.js';
import { openPlace, parsePlace, withNames } from '../places/registry.js';
import { variablesFor } from '../places/variable-name.js';
import { makeFolder } from '../storage/files/folders.js';
import { readWhole } from '../storage/files/read-file.js';
import { removeFile } from '../storage/files.js';
import type { Context } from './context.js';

/** Larger than any env file with one secret. */
const MOST_BYTES = 1024 * 1024;

/** A place for the secrets of a contract's test: an env file in the data folder. */
export interface TrialPlace {
  /**
   * Delivers a secret over the one before. Returns what is there afterwards. Throws what the place throws.
   */
  deliver(credential: Credential): Promise<Credential>;
  remove(): void;
}

export async function trialPlace(provider: Provider, context: Context): Promise<TrialPlace> {
  const { data } = context.directories();
  const path = join(data, `contract-${crypto.randomUUID()}.env`);
  const here = { directory: data, env: context.env };
  const place = await withNames(await parsePlace(`file:${path}`, here), variablesFor(provider));
  const opened = await openPlace(place, {
    ...context,
    savedSecrets: async (options) =>
      (await import('../storage/ledger/saved-secrets.js')).openSavedSecrets(context, options),
  });
  const key = { name: 'contract', id: null, provider: provider.id, variables: place.names };
  return {
    async deliver(credential) {
      makeFolder(data);
      await opened.probe();
      await opened.deliver(credential, key);
      const found = readVariables(readWhole(path, MOST_BYTES)?.toString('utf8') ?? '');
      const [api_key = '', secret_key] = namedParts(credential, place.names).map(([name]) => {
        const value = found.get(name);
        if (value !== undefined) return value;
        throw new KeysError('delivery_failed', `${name} is not in the file`);
      });
      return secret_key === undefined ? { secret: api_key } : { api_key, secret_key };
    },
    remove: () => removeFile(path),
  };
}
