import { KeysError, type NextStep } from '../domain/errors.js';
import { OPERATION_NAMES } from '../domain/provider.js';
import type { Operations, ProviderDefinition } from './define-provider.js';

const INSTEAD: Readonly<Partial<Record<keyof Operations, { hint: string; next?: NextStep }>>> = {
  update: { hint: 'create a key as it should be, deliver it, and revoke this one' },
  pause: { hint: 'only a revoke stops a key, and that is for good' },
  roll: { hint: 'create a successor, deliver it, and revoke this one', next: 'roll_key' },
  verify: { hint: 'use the key for a request that changes nothing', next: 'use_key' },
};

/** The error for an operation that a provider lacks. It names what the provider can do instead. */
export function unsupported(definition: ProviderDefinition, name: keyof Operations): KeysError {
  const able = OPERATION_NAMES.filter((operation) => definition.operations[operation] !== null);
  return new KeysError('unsupported', `${definition.title} has no way to ${name} a key`, {
    ...(INSTEAD[name] ?? { hint: `it can ${able.join(', ')}`, next: 'show_provider' }),
    details: { provider: definition.id, can: able },
  });
}
