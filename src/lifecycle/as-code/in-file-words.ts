import { COMMAND_LINE, type OptionName, type Surface, textOf, type Wording } from '../../domain/words.js';

/** Options of other commands, and the member of `keys.yaml` that says the same. */
const MEMBERS: Partial<Record<OptionName, string>> = {
  'base-url': 'base_url',
  environment: 'environment',
  expires: 'expires',
  grace: 'grace',
  name: 'name',
  provider: 'provider',
  scope: 'scopes',
  service: 'service',
  to: 'to',
};

/** Options that neither `keys.yaml` nor the command that applies it has. */
const MISSING: readonly OptionName[] = ['force', 'insecure-storage', 'no-escrow'];

const KEYS_FILE: Surface = {
  option(part) {
    if ('setting' in part) return `options: { ${part.setting}: ${part.value === '' ? "''" : part.value} }`;
    if (MISSING.includes(part.option)) return null;
    const member = MEMBERS[part.option];
    if (member === undefined) return COMMAND_LINE.option(part);
    return part.value === null ? member : `${member}: ${part.value}`;
  },
  hasOptions: true,
};

/**
 * A message for who has written a `keys.yaml`: options are named as the file has them. Empty if nothing is
 * left.
 */
export function inFileWords(wording: Wording): string {
  return textOf(wording, KEYS_FILE);
}
