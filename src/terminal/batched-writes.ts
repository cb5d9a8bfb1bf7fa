import { type TextSink, writeData } from './text-sink.js';

/** Characters that are gathered before they are written. */
const BATCH = 64 * 1024;

/** Gathers small pieces: a write each would take most of the time of a long list. Errors: see `writeData`. */
export function batchedWrites(sink: TextSink) {
  let gathered = '';
  const flush = async () => {
    const text = gathered;
    gathered = '';
    if (text !== '') await writeData(sink, text);
  };
  return {
    /** Resolves at once where nothing is due to be written. */
    async add(text: string): Promise<void> {
      gathered += text;
      if (gathered.length >= BATCH) await flush();
    },
    flush,
  };
}
