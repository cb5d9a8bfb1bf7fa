import { shellWord } from '../../domain/shell-word.js';
import type { Delivery } from '../../storage/ledger/operation.js';
import type { Output } from '../../terminal/output.js';
import { unbroken } from '../../terminal/unbroken.js';

/** What was created or rolled. */
interface NextOf {
  readonly name: string;
  /** The old key of a roll, if it works on. */
  readonly oldId?: string;
  readonly rolled?: boolean;
  /** The flags that say whose key it is; see `targetWords`. */
  readonly target?: string;
}

/**
 * Says what can be done next with a key that was created or rolled. A script needs no advice, and gets none.
 */
export function sayNextSteps(
  key: NextOf,
  deliveries: ReadonlyArray<Pick<Delivery, 'place' | 'remembered'>>,
  { human, say }: Pick<Output, 'human' | 'say'>,
): void {
  if (human) for (const step of stepsFor(key, deliveries)) say(`next: ${step}`);
}

function stepsFor(
  { name, oldId, rolled = false, target = '' }: NextOf,
  deliveries: ReadonlyArray<Pick<Delivery, 'place' | 'remembered'>>,
): string[] {
  const word = shellWord(name);
  const kept = deliveries.filter(({ remembered }) => remembered);
  const isSaved = kept.some(({ place }) => place.spec['kind'] === 'keychain');
  return [
    ...(isSaved
      ? [`${unbroken(`keys run --key ${word}${target} -- PROGRAM`)} starts a program with it`]
      : []),
    ...(oldId === undefined
      ? []
      : [
          `${unbroken(`keys revoke ${shellWord(oldId)}${target}`)} stops the old key now, if nothing uses it`,
        ]),
    ...(kept.length > 0 && !rolled
      ? [`${unbroken(`keys roll ${word}${target}`)} replaces it and delivers to the same places again`]
      : []),
    ...(kept.length > 0
      ? []
      : [
          `put the secret where your program reads it`,
          `${unbroken(`keys places add ${word}${target} --to PLACE`)} tells keys where you put it, such as .env#NAME: the next roll delivers there`,
        ]),
  ];
}
