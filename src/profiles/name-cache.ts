import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../domain/clock.js';

/** Key names for a shell's completion. A cache: what cannot be read or written is left. */
export interface NameCache {
  /** The names of a place; null where none are kept, or they are older than a minute. */
  read(place: string): readonly string[] | null;
  write(place: string, names: readonly string[]): void;
  /** After any change of keys. */
  forget(): void;
}

const KEPT_MS = 60_000;

interface Content {
  readonly place: string;
  readonly at: number;
  readonly names: readonly string[];
}

/** `completion.json` in a folder, 0600; it holds the place that was completed last. */
export function createNameCache(directory: string, clock: Clock): NameCache {
  const path = join(directory, 'completion.json');
  return {
    read(place) {
      const content = readContent(path);
      const age = clock.now() - (content?.at ?? 0);
      return content?.place === place && age >= 0 && age < KEPT_MS ? content.names : null;
    },
    write(place, names) {
      const content: Content = { place, at: clock.now(), names };
      quietly(() => {
        mkdirSync(directory, { recursive: true, mode: 0o700 });
        // Whole or not at all: shells complete at the same time.
        const fresh = `${path}.${clock.now()}`;
        writeFileSync(fresh, JSON.stringify(content), { mode: 0o600 });
        renameSync(fresh, path);
      });
    },
    forget: () => quietly(() => rmSync(path, { force: true })),
  };
}

function readContent(path: string): Content | null {
  try {
    const { place, at, names } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Content>;
    const whole = typeof place === 'string' && typeof at === 'number' && Array.isArray(names);
    return whole && names.every((name) => typeof name === 'string') ? { place, at, names } : null;
  } catch {
    return null;
  }
}

function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // A read-only home completes too, only slower.
  }
}
