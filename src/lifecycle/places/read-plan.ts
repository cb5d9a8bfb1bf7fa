import { KeysError } from '../../domain/errors.js';
import { isRecord } from '../../domain/is-record.js';
import type { KeptPlace } from '../../domain/managed-key.js';
import type { Place } from '../../places/place.js';
import { SHELLS } from '../../places/shells.js';
import type { DeliveryPlan, StdoutPlan } from './delivery-plan.js';

/**
 * Returns a place of the ledger as it can be opened. Throws `refused` if this version cannot read it: another
 * version wrote the ledger, or somebody edited it.
 */
export function readPlan({ label, spec }: Pick<KeptPlace, 'label' | 'spec'>): DeliveryPlan {
  if (isStdoutPlan(spec) || isPlace(spec)) return spec;
  throw new KeysError(
    'refused',
    `the ledger describes the place ${label} in a way that this version of keys does not know`,
    {
      hint: 'use the version of keys that wrote it; or remove the place and add it again',
    },
  );
}

/** Whether this delivery prints the secret. */
export function isStdout({ spec }: Pick<KeptPlace, 'spec'>): boolean {
  return spec['kind'] === 'stdout';
}

function isStdoutPlan(spec: unknown): spec is StdoutPlan {
  if (!isRecord(spec) || spec['kind'] !== 'stdout') return false;
  const { form, shell, names } = spec;
  if (form === 'env') return SHELLS.some((known) => known === shell) && isTexts(names);
  return form === 'record' || form === 'raw';
}

function isPlace(spec: unknown): spec is Place {
  if (!isRecord(spec)) return false;
  const { kind, target, names, address, then, on, whose } = spec;
  return (
    typeof kind === 'string' &&
    kind !== 'stdout' &&
    isRecord(target) &&
    isTexts(Object.values(target)) &&
    (kind !== 'keychain' || 'item' in target) &&
    isTexts(names) &&
    typeof address === 'string' &&
    (whose === undefined || (isRecord(whose) && isTexts(Object.values(whose)))) &&
    [then, on].every((text) => text === undefined || typeof text === 'string')
  );
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
