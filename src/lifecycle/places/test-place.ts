import type { Provider } from '../../domain/provider.js';
import { parsePlace, placeKind, withNames } from '../../places/registry.js';
import { variablesFor } from '../../places/variable-name.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import { openPlan } from './delivery-plan.js';

/** What a test of a place found. */
export interface TestedPlace {
  /** The place in full, as the ledger remembers it. */
  readonly place: string;
  readonly kind: string;
  /** Names that have a value there already; null for a place that cannot be read. */
  readonly holds: readonly string[] | null;
  readonly warnings: readonly string[];
}

/**
 * Checks that a secret could be delivered to a place. Delivers nothing and leaves nothing behind. Throws what
 * a delivery would throw: `usage` for a malformed place, `refused`, `not_found` and alike.
 */
export async function testPlace(
  text: string,
  provider: Provider,
  context: LifecycleContext,
): Promise<TestedPlace> {
  const { directory } = context.process;
  const read = await parsePlace(text, { directory, env: context.env }, context);
  const place = await withNames(read, variablesFor(provider), context);
  const opened = await openPlan(place, null, context);
  const warnings = await (opened.reserve ?? opened.probe)();
  const current = await opened.current?.();
  return {
    place: place.address,
    kind: (await placeKind(place.kind, context)).title,
    holds: current === undefined ? null : Object.keys(current),
    warnings,
  };
}
