import { closeSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { KeysError } from '../../domain/errors.js';
import { drop, keepOwnerAndMode, type OpenDraft, openNew, putInPlace, writeFully } from './draft.js';
import { fileFailure } from './file-failure.js';
import { followedStatus } from './file-status.js';
import { syncFolder } from './folders.js';
import { followLinks } from './follow-links.js';
import { holdFolder } from './held-folder.js';

/** A file that grows while it is made and takes its place at the end, such as a report. */
export interface Draft {
  write(text: string): void;
  finish(): void;
  /** Leaves what was there before. */
  abandon(): void;
}

/**
 * Opens a file for writing piece by piece. With `append`, and for what is no regular file (`/dev/stdout`, a
 * pipe), the pieces go to the file itself; else to a draft with this mode. Throws `refused` and `disk_full`.
 */
export function openDraft(
  path: string,
  { append = false, mode = 0o666 }: { readonly append?: boolean; readonly mode?: number } = {},
): Draft {
  const status = followedStatus(path);
  const direct = append || (status !== null && !status.isFile());
  const { name: target, close } = direct
    ? { name: path, close: () => undefined }
    : holdFolder(followLinks(path));
  const draft = direct ? openDirect(target, append) : openNew(target, mode);
  const guarded = (act: () => void) => {
    try {
      act();
    } catch (error) {
      throw error instanceof KeysError ? error : fileFailure('write', path, error);
    }
  };
  return {
    write: (text) => guarded(() => writeFully(draft.file, Buffer.from(text))),
    finish: () =>
      guarded(() => {
        if (direct) return closeSync(draft.file);
        if (status !== null) keepOwnerAndMode(draft.file, target, status, {});
        fsyncSync(draft.file);
        putInPlace(draft, target);
        syncFolder(dirname(target));
        close();
      }),
    abandon() {
      try {
        closeSync(draft.file);
      } catch {
        // `finish` closed it and failed afterwards.
      }
      if (direct) return;
      drop(draft.path);
      close();
    },
  };
}

function openDirect(target: string, append: boolean): OpenDraft {
  try {
    return { path: target, file: openSync(target, append ? 'a' : 'w') };
  } catch (error) {
    throw fileFailure('write', target, error);
  }
}
