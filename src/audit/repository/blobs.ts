import { KeysError } from '../../domain/errors.js';
import type { SkipReason } from './found.js';
import { startGit } from './git.js';
import type { ScanOptions } from './scan-bytes.js';
import { HEAD_BYTES, isBinary } from './text-of.js';

/** A repository's file contents by their object ids, one git process for all of them. */
export interface Blobs {
  /** One at a time. */
  read(oid: string): Promise<Buffer | SkipReason>;
  close(): void;
}

export function openBlobs(root: string, env: ScanOptions['env'], maxBytes: number): Blobs {
  const git = startGit(root, env, ['cat-file', '--batch']);
  const bytes = new ByteReader(git.stdout as AsyncIterable<Buffer>, async () => {
    await git.ended;
    throw new KeysError('repository_unreadable', 'git ended before it had responded');
  });
  return {
    async read(oid) {
      git.stdin.write(`${oid}\n`);
      const [, type, size] = (await bytes.line()).split(' ');
      if (size === undefined) return 'unreadable';
      const length = Number(size);
      const kept = await bytes.take(length > maxBytes ? Math.min(length, HEAD_BYTES) : length);
      await bytes.skip(length - kept.length + 1);
      if (type !== 'blob') return 'unreadable';
      if (length <= maxBytes) return kept;
      return isBinary(kept) ? 'binary' : 'large';
    },
    close() {
      git.stdin.end();
      git.stop();
    },
  };
}

/** The lines before objects have an id, a type and a size. */
const MOST_IN_LINE = 10_000;

/** Reads a stream by lines and lengths; holds one chunk, or what is being taken. */
class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #atEnd: () => Promise<never>;
  #rest: Buffer = Buffer.alloc(0);

  /** `atEnd` throws what a stream that ended too soon means. */
  constructor(stream: AsyncIterable<Buffer>, atEnd: () => Promise<never>) {
    this.#chunks = stream[Symbol.asyncIterator]();
    this.#atEnd = atEnd;
  }

  async line(): Promise<string> {
    let line = '';
    for (;;) {
      const end = this.#rest.indexOf(0x0a);
      line += this.#rest.toString('latin1', 0, end === -1 ? undefined : end);
      if (end !== -1) {
        this.#rest = this.#rest.subarray(end + 1);
        return line;
      }
      if (line.length > MOST_IN_LINE) {
        throw new KeysError('repository_unreadable', 'git responded with something else than an object');
      }
      await this.#fill();
    }
  }

  async take(length: number): Promise<Buffer> {
    const taken = Buffer.allocUnsafe(length);
    let at = 0;
    await this.#each(length, (part) => {
      at += part.copy(taken, at);
    });
    return taken;
  }

  async skip(length: number): Promise<void> {
    await this.#each(length, () => undefined);
  }

  async #each(length: number, use: (part: Buffer) => void): Promise<void> {
    for (let left = length; left > 0; ) {
      if (this.#rest.length === 0) await this.#fill();
      const part = this.#rest.subarray(0, left);
      use(part);
      left -= part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
  }

  async #fill(): Promise<void> {
    const next = await this.#chunks.next();
    if (next.done) await this.#atEnd();
    else this.#rest = next.value;
  }
}
