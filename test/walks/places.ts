import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A place by a short name: `a#WEB` and `b#WEB` are variables in files of two folders; `exec` is a command of
 * the key's own.
 */
export type PlaceName = 'a#WEB' | 'a#SHOP' | 'b#WEB' | 'b#SHOP' | 'exec' | 'keychain';

/** The places of a walk, in its folder. */
export interface Places {
  /** Options that deliver to these places, for a key that is known by `owner`. */
  options(places: readonly PlaceName[], owner: string): string[];
  /** The text of one place as `--to` takes it. */
  address(place: PlaceName, owner: string): string;
  /** What stands there now; null: nothing. Of the keychain: each secret that is kept. */
  read(place: PlaceName, owner: string): readonly string[];
  /** Breaks or repairs: the command of one owner, which takes nothing or fails at its end, or folder `b`. */
  block(what: 'exec' | 'half' | 'b', owner: string, on: boolean): void;
  heal(): void;
}

const SECRET = /(?:[a-z]+_[0-9a-f]{40}|sk_live_[0-9A-Za-z]{39})/g;

export function openPlaces(folder: string, home: string, usesTo: boolean): Places {
  for (const name of ['a', 'b']) mkdirSync(join(folder, name), { recursive: true });
  const blocked = new Set<string>();
  const slug = (owner: string) => owner.replace(/[^a-z0-9]+/gi, '-');
  const sink = (owner: string) => join(folder, `exec-${slug(owner)}`);
  const gone = join(folder, 'b.gone');
  const command = (owner: string) =>
    `test ! -e '${sink(owner)}.blocked' && cat > '${sink(owner)}' && test ! -e '${sink(owner)}.half'`;
  const file = (place: PlaceName) => {
    const [name = '', variable = ''] = place.split('#');
    return { path: join(folder, name, '.env'), variable };
  };
  const address = (place: PlaceName, owner: string) => {
    if (place === 'keychain') return 'keychain';
    if (place === 'exec') return `exec:${command(owner)}`;
    const { path, variable } = file(place);
    return `${path}#${variable}`;
  };
  const text = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '');
  const unblock = (owner: string) => {
    for (const how of ['blocked', 'half']) rmSync(`${sink(owner)}.${how}`, { force: true });
    blocked.delete(owner);
  };
  const returnFolder = () => {
    if (!existsSync(gone)) return;
    rmSync(join(folder, 'b'), { recursive: true, force: true });
    renameSync(gone, join(folder, 'b'));
  };
  return {
    address,
    options(places, owner) {
      if (usesTo) return places.flatMap((place) => ['--to', address(place, owner)]);
      return places.flatMap((place) => {
        if (place === 'keychain') return ['--save'];
        if (place === 'exec') return ['--exec', command(owner)];
        const { path, variable } = file(place);
        return ['--env-file', path, '--env-name', variable];
      });
    },
    read(place, owner) {
      if (place === 'keychain') return text(join(home, '.config/keys/credentials.json')).match(SECRET) ?? [];
      if (place === 'exec') return text(sink(owner)).match(SECRET) ?? [];
      const { path, variable } = file(place);
      const shown = existsSync(gone) && place.startsWith('b') ? join(gone, '.env') : path;
      const lines = text(shown).split('\n');
      const line = lines.findLast((candidate) =>
        candidate.replace(/^export /, '').startsWith(`${variable}=`),
      );
      return line?.match(SECRET) ?? [];
    },
    block(what, owner, on) {
      if (what !== 'b') {
        if (!on) return unblock(owner);
        writeFileSync(`${sink(owner)}.${what === 'exec' ? 'blocked' : 'half'}`, '');
        blocked.add(owner);
      } else if (!on) returnFolder();
      else if (!existsSync(gone)) renameSync(join(folder, 'b'), gone);
    },
    heal() {
      for (const owner of [...blocked]) unblock(owner);
      returnFolder();
    },
  };
}
