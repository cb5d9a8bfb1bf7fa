import type { TargetFlags } from '../../connect/connection.js';
import { shellWord } from '../../domain/shell-word.js';

/**
 * The flags of this call that say whose keys are meant, as a command that is printed needs them: with a space
 * before each.
 */
export function targetWords({ profile, provider, baseUrl, set = [] }: TargetFlags): string {
  const named = [
    ['--profile', profile],
    ['--provider', provider],
    ['--base-url', baseUrl],
    ...set.map((text) => ['--set', text] as const),
  ] as const;
  return named
    .flatMap(([flag, value]) => (value === undefined ? [] : [` ${flag} ${shellWord(value)}`]))
    .join('');
}
