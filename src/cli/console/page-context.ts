import type { Connection } from '../../connect/connection.js';
import { rewritten, type Wording } from '../../domain/words.js';
import type { Means } from '../../lifecycle/operation/means.js';
import { isStdout } from '../../lifecycle/places/read-plan.js';
import type { Context } from '../context.js';

/** A context whose messages go to a page, and what was said so far. */
export interface PageContext {
  readonly context: Context;
  /** Warnings and what a place has said, without secrets. */
  readonly said: readonly Wording[];
}

/**
 * The context of one request: a page shows what stdout and stderr would. That stdout of the console leads
 * nowhere does not matter, and the terminal of the console shows nothing of it.
 */
export function forPage(given: Context): PageContext {
  const said: Wording[] = [];
  const note = (message: Wording): void => void said.push(rewritten(message, given.redactor.redact));
  const output = { ...given.output, say: note, warn: note, hint: note, progress: () => undefined };
  const process = { ...given.process, stdoutGoesNowhere: () => false };
  return { context: { ...given, output, process }, said };
}

/** What operations need here. `saved`: whether the person has saved what stdout would print. */
export async function pageMeans(connection: Connection, context: Context, saved = false): Promise<Means> {
  const { openMeans } = await import('../../lifecycle/operation/open-means.js');
  const means = await openMeans(connection, context, { showSecrets: false });
  if (!saved) return means;
  return {
    ...means,
    open: async (place, shown) =>
      isStdout(place)
        ? { label: place.label, deliver: async () => undefined }
        : await means.open(place, shown),
  };
}
