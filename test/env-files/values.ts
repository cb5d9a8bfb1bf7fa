import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
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
 * Writes a batch of values, a variable each, some over old lines, and compares what each reader reads. Throws with the reader and
 * the value where they differ, and where something ran.
 */
export function checkBatch(seed: number, size: number, folder: string): Count {
  const random = randomNumbers(seed);
  const kept: string[] = [];
  const lines: string[] = ['# a file of before'];
  let refused = 0;
  for (let i = 0; i < size; i++) {
    const name = `V${kept.length}`;
    const old =
      random(3) === 0 ? `${HEADS[random(2) * 2]}${name}=${OLD_VALUES[random(OLD_VALUES.length)]}\n` : '';
    const secret = value(random);
    try {
      lines.push(setVariable(old, name, secret).trimEnd());
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
