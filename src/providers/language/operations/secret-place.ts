import { DefinitionMistake } from '../../definition-mistake.js';
import type { KeyResource, SecretPlace } from '../key-resource.js';

/** Where the secret of a new key is. Throws `DefinitionMistake` if the definition does not say it. */
export function secretOf({ secret }: KeyResource): SecretPlace {
  if (secret !== undefined) return secret;
  throw new DefinitionMistake('keys.secret', 'is missing: it is where the secret of a new key is');
}

/** Which member of the file says where the secret is in the response of an operation. */
export function placeOfSecret(keys: KeyResource, name: 'create' | 'roll' | 'recover'): string {
  const way = keys[name];
  return way !== false && way?.secret !== undefined ? `keys.${name}.secret` : 'keys.secret';
}
