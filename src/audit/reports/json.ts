import { asShown } from '../../domain/whole-seconds.js';
import { fingerprint } from '../fingerprint.js';
import { inChunks, type Report, type Write } from './report.js';

/** Of the shape, not of the program: it changes when a reader would have to. */
const VERSION = 1;

/** One JSON object, a line for each finding; `audit-report.schema.json` says its shape. */
export function jsonReport(print: Write): Report {
  const { write, flush } = inChunks(print);
  let before = `{\n"version": ${VERSION},\n"findings": [\n`;
  return {
    async add({ findings }) {
      for (const finding of findings) {
        await write(before + JSON.stringify(asShown({ ...finding, fingerprint: fingerprint(finding) })));
        before = ',\n';
      }
    },
    async end(summary) {
      const close = before === ',\n' ? '\n],\n' : `${before}],\n`;
      await write(`${close}"summary": ${JSON.stringify(asShown(summary))}\n}\n`);
      await flush();
    },
  };
}
