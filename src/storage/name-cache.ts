import { join } from 'node:path';
import type { Clock } from '../domain/clock.js';
import { makeFolder } from './files/folders.js';
import { readWhole } from './files/read-file.js';
import { removeFile, replaceFile } from './files.js';

/** Names of keys that a call has seen at a service. */
interface SeenNames {
  readonly present: ReadonlySet<string>;
  readonly gone: ReadonlySet<string>;
}

/**
 * Key names for completion in a shell, of the services that were used last. A failed read or write is
 * ignored: it is a cache.
 */
export interface NameCache {
  /**
   * Returns the names that were gathered at a service; null if there are none, or they are older than a
   * minute.
   */
  read(service: string): readonly string[] | null;
  /** Returns the names that were seen at a service during the last day. */
  remembered(service: string): readonly string[];
  write(service: string, names: readonly string[]): void;
  /** Adds the names that were seen at a service, and removes those that are gone. */
  learn(service: string, seen: SeenNames): void;
  /** Call it after any change of keys: the next completion gathers the names again. */
  forget(): void;
}

const GATHERED_MS = 60_000;
const REMEMBERED_MS = 86_400_000;
/** The same names are not written again within this time. */
const FRESH_MS = 3_600_000;
const MOST_SERVICES = 8;
const MAX_BYTES = 4 * 1024 * 1024;
/** More names are of no use in a shell. */
const MOST_NAMES = 1_000;

interface ServiceNames {
  readonly service: string;
  /** When all were gathered, in epoch milliseconds; 0: gather them again. */
  readonly gathered: number;
  /** When any was last seen, in epoch milliseconds. */
  readonly seen: number;
  readonly names: readonly string[];
}

/** `completion.json` in a folder, 0600. */
export function createNameCache(directory: string, clock: Clock): NameCache {
  const path = join(directory, 'completion.json');
  const of = (service: string) => readContent(path).find((entry) => entry.service === service);

  function put(entry: ServiceNames): void {
    const others = readContent(path).filter(({ service }) => service !== entry.service);
    save([{ ...entry, names: entry.names.slice(0, MOST_NAMES) }, ...others].slice(0, MOST_SERVICES));
  }

  function save(content: readonly ServiceNames[]): void {
    quietly(() => {
      makeFolder(directory);
      replaceFile(path, JSON.stringify(content), { fleeting: true });
    });
  }

  const within = (at: number, ms: number) => clock.now() - at >= 0 && clock.now() - at < ms;

  function remembered(service: string): readonly string[] {
    const entry = of(service);
    return entry !== undefined && within(entry.seen, REMEMBERED_MS) ? entry.names : [];
  }

  return {
    read(service) {
      const entry = of(service);
      return entry !== undefined && within(entry.gathered, GATHERED_MS) ? entry.names : null;
    },
    remembered,
    // Gathering may read the ledger alone, so it does not count as seeing the names at the service.
    write: (service, names) =>
      put({ service, gathered: clock.now(), seen: of(service)?.seen ?? clock.now(), names }),
    learn(service, { present, gone }) {
      const entry = of(service);
      const known = entry !== undefined && within(entry.seen, REMEMBERED_MS) ? entry.names : [];
      const names = [...present, ...known.filter((name) => !gone.has(name) && !present.has(name))];
      // A list that shows what it showed an hour ago writes nothing.
      if (entry !== undefined && within(entry.seen, FRESH_MS) && names.join('\0') === known.join('\0'))
        return;
      put({ service, gathered: 0, seen: clock.now(), names });
    },
    forget() {
      const content = readContent(path);
      if (content.length === 0) return quietly(() => removeFile(path));
      if (content.every(({ gathered }) => gathered === 0)) return;
      save(content.map((entry) => ({ ...entry, gathered: 0 })));
    },
  };
}

/**
 * Returns 16 bits of a text (FNV-1a, folded): enough to tell most credentials apart, too few to guess one.
 * Loads no library.
 */
export function foldedHash(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash ^ (hash >>> 16)) & 0xffff;
}

function readContent(path: string): readonly ServiceNames[] {
  try {
    const content = JSON.parse(readWhole(path, MAX_BYTES)?.toString('utf8') ?? '[]') as unknown;
    return Array.isArray(content) ? content.filter(isServiceNames) : [];
  } catch {
    return [];
  }
}

function isServiceNames(value: unknown): value is ServiceNames {
  const { service, gathered, seen, names } = Object(value) as Partial<ServiceNames>;
  return (
    typeof service === 'string' &&
    typeof gathered === 'number' &&
    typeof seen === 'number' &&
    Array.isArray(names) &&
    names.every((name) => typeof name === 'string')
  );
}

function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // A read-only home completes too, only slower.
  }
}
