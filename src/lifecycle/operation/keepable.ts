import { KeysError } from '../../domain/errors.js';
import type { Means } from './means.js';
import type { Step } from './step.js';

/**
 * Why the secret of a key that is created again would be lost again, as while the keychain is still full;
 * null: its escrow can keep it, or its places take it. A repeated request returns the same secret, so it
 * needs neither. Throws what is no refusal of a place or of the keychain.
 */
export async function whyNotKeepable(
  { operation: { id, idempotent, escrow, deliveries } }: Pick<Step, 'operation'>,
  means: Pick<Means, 'escrow' | 'probe'>,
): Promise<string | null> {
  if (idempotent) return null;
  const noEscrow = escrow === null ? null : await problemOf(async () => await means.escrow.reserve(id));
  if (escrow !== null && noEscrow === null) return null;
  let takes = false;
  for (const { place, delivered } of deliveries) {
    if (delivered) continue;
    const problem = await problemOf(async () => {
      if (await means.probe(place)) takes = true;
    });
    if (problem !== null) return notKept(problem);
  }
  return takes ? null : notKept(noEscrow ?? 'no place that this call reaches takes it');
}

const notKept = (reason: string) => `a new secret could not be kept: ${reason}`;

async function problemOf(trial: () => Promise<unknown>): Promise<string | null> {
  try {
    await trial();
    return null;
  } catch (error) {
    if (error instanceof KeysError) return error.message;
    throw error;
  }
}
