import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeysProgram } from './keys.js';

/** Secrets of our format, signing halves and management keys. */
const SECRETS = /\b(?:[sp]k_(?:live|test)_|ss_)?[0-9A-Za-z]{39}\b|\b[0-9a-f]{64}\b/g;

/**
 * The same program. With `KEYS_TRANSCRIPTS` set to a folder, `write` writes what was typed and shown into a
 * file there, without secrets of our format and without paths of this machine.
 */
export function withTranscript(keys: KeysProgram): KeysProgram & { write(name: string): void } {
  const lines: string[] = [];
  const shown = (text: string) =>
    text
      .replaceAll(keys.home, '~')
      .replace(SECRETS, '<secret>')
      .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:8787');
  const word = (arg: string) => (/^[\w./:=@#-]+$/.test(arg) ? arg : `'${arg}'`);
  return {
    ...keys,
    async run(args, options = {}) {
      const result = await keys.run(args, options);
      const pasted = options.stdin ? ` <<'PASTED'\n${options.stdin.trimEnd()}\nPASTED` : '';
      lines.push(
        shown(`$ keys ${args.map(word).join(' ')}${pasted}\n${result.stderr}${result.stdout}`.trimEnd()),
      );
      if (result.code !== 0) lines.push(`(exit ${result.code})`);
      return result;
    },
    write(name) {
      const folder = process.env['KEYS_TRANSCRIPTS'];
      if (!folder) return;
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, `${name}.txt`), `${lines.join('\n')}\n`);
    },
  };
}
