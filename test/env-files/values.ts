import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { parse as dotenv } from 'dotenv';
import { setVariable } from '../../src/places/env-file-text.js';
import { READERS } from './readers.js';

/** A small generator of its own, so that a seed and a count give the same values everywhere. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const PLAIN = 'abcXYZ0189_-./:@%+,=!^';
const HOSTILE = `'"\`$\\#;&|<>(){}[]*?~ \t`;
const COMMANDS = [
  '`touch ran`',
  '$(touch ran)',
  ';touch ran;',
  "'`touch ran`'",
  '"$(touch ran)"',
  '\\\ntouch ran',
  '$V0',
  '${V0}',
  '%PATH%',
];
const OLD_VALUES = [
  '',
  'old',
  "'old'",
  '"old"',
  '`touch ran`',
  '"a b"',
  "it''s",
  'old # note',
  '"x" # note',
  '\'a\'"b"',
];
const HEADS = ['', 'export ', '  '];

/** A secret as a vendor might make it: mostly plain, now and then anything. */
function value(random: (below: number) => number): string {
  const alphabet = random(4) === 0 ? PLAIN + HOSTILE : PLAIN;
  const length = 1 + random(24);
  let text = '';
  for (let i = 0; i < length; i++) text += alphabet[random(alphabet.length)];
  return random(8) === 0 ? text + COMMANDS[random(COMMANDS.length)] : text;
}

export interface Count {
  readonly written: number;
  readonly refused: number;
}

/**
 * Writes a batch of values, a variable each, some over old lines, and compares what each reader reads. Throws
 * with the reader and the value where they differ, and where something ran.
 */
export function checkBatch(seed: number, size: number, folder: string): Count {
  const random = randomNumbers(seed);
  const kept: string[] = [];
  const lines: string[] = ['# a file of before'];
  let refused = 0;
  for (let i = 0; i < size; i++) {
    const name = `V${kept.length}`;
    const ending = random(4) === 0 ? '\r\n' : '\n';
    const old =
      random(3) === 0
        ? `${HEADS[random(2) * 2]}${name}=${OLD_VALUES[random(OLD_VALUES.length)]}${ending}`
        : '';
    const secret = value(random);
    try {
      lines.push(setVariable(old, name, secret).replace(/\n$/, ''));
      kept.push(secret);
    } catch {
      refused++;
    }
  }
  const text = `${lines.join('\n')}\n`;
  for (const reader of READERS) {
    // A comment behind a value is part of it for docker, before and after.
    const read = reader.read(
      reader.name === "docker's rules" ? text.replace(/ # note$/gm, '') : text,
      kept.length,
      folder,
    );
    const at = kept.findIndex((secret, i) => unquoted(read[i], reader.name) !== secret);
    if (at !== -1) {
      throw new Error(
        `${reader.name} reads ${JSON.stringify(read[at])} for ${JSON.stringify(kept[at])} (seed ${seed})`,
      );
    }
  }
  const left = readdirSync(folder).filter((name) => name !== 'env');
  if (left.length > 0) throw new Error(`something ran: it left ${left.join(', ')} (seed ${seed})`);
  rmSync(join(folder, 'env'), { force: true });
  return { written: kept.length, refused };
}

/** Docker takes quotes as part of a value: a file that had them before was not for docker. */
function unquoted(read: string | undefined, reader: string): string | undefined {
  return reader === "docker's rules" ? read?.replace(/^(['"])(.*)\1$/, '$2') : read;
}

/** Lines that people have in such files, each of which every one of `FILE_READERS` reads alike. */
const LINES = [
  ...['A=1', 'B="x\ny"', "C='p\nq'", '# note', "# it's", '# "open', 'D="a # b"', 'export I=2', 'K=', ''],
  ...['V=old', 'export V="o\nld"', "V='old' # c", '  V=old', 'VV=no', 'X_V=1', '# V=none', 'N="V=1"'],
  ...["T='\nV=inner\n'", 'S="\nV=inner\nW=2"', 'L="a=b=c"', "M='a\"b'", 'export W=3 # "', 'O="it\'s"'],
];
/** A shell reads all of a batch in one process. */
const SHELLS = ['sh', 'bash'];

/** Variables that `LINES` set, by each reader. */
const NAMES = ['A', 'B', 'C', 'D', 'I', 'K', 'VV', 'X_V', 'N', 'T', 'S', 'L', 'M', 'W', 'O', 'V'];

function inShell(shell: string, texts: readonly string[], folder: string): string[][] {
  const print = `printf '%s\\0' ${NAMES.map((name) => `"$${name}"`).join(' ')}`;
  // One file: no old file opens a quote that it does not close.
  const script = texts.map((text) => `unset ${NAMES.join(' ')}\n${text}\n${print}\n`).join('');
  const options = {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '' },
    input: script,
    maxBuffer: 1 << 28,
  };
  const values = execFileSync(shell, options).toString().split('\0');
  return texts.map((_, i) => values.slice(i * NAMES.length, (i + 1) * NAMES.length));
}

const inProcess =
  (parse: (text: string) => Record<string, string | undefined>) => (texts: readonly string[]) =>
    texts.map((text) => {
      const values = parse(text);
      return NAMES.map((name) => values[name] ?? '');
    });

const FILE_READERS: Readonly<Record<string, (texts: readonly string[], folder: string) => string[][]>> = {
  Node: inProcess((text) => parseEnv(text)),
  dotenv: inProcess((text) => dotenv(text)),
  ...Object.fromEntries(
    SHELLS.map((shell) => [
      shell,
      (texts: readonly string[], folder: string) => inShell(shell, texts, folder),
    ]),
  ),
};

/**
 * Sets a variable in old files, and compares what each reader reads before and after: the variable has the
 * new value, every other variable the old one. Returns the number of files. Throws with the file and the
 * reader where not.
 */
export function checkOldFiles(seed: number, size: number, folder: string): number {
  const random = randomNumbers(seed);
  const secret = `sk_live_${random(1e9)}`;
  const before = Array.from({ length: size }, () =>
    Array.from({ length: 1 + random(6) }, () => LINES[random(LINES.length)]).join('\n'),
  ).map((text) => (random(4) === 0 ? text : `${text}\n`));
  const after = before.map((text) => setVariable(text, 'V', secret));
  for (const [reader, read] of Object.entries(FILE_READERS)) {
    const [old, fresh] = [read(before, folder), read(after, folder)];
    const at = fresh.findIndex((values, i) => {
      const wanted = [...(old[i] ?? []).slice(0, -1), secret];
      return JSON.stringify(values) !== JSON.stringify(wanted);
    });
    if (at === -1) continue;
    throw new Error(
      `${reader} reads ${JSON.stringify(fresh[at])} of ${JSON.stringify(after[at])} (seed ${seed})`,
    );
  }
  return before.length;
}
