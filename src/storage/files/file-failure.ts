import { KeysError } from '../../domain/errors.js';

/** The error for a reader; what the system has not refused stays as it is. */
export function fileFailure(act: 'read' | 'write' | 'remove', path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const full = isCode(error, 'ENOSPC', 'EDQUOT', 'EFBIG');
  const [why, hint] = REASONS.find(([codes]) => isCode(error, ...codes))?.[1] ?? [
    error.message,
    'use another file',
  ];
  return new KeysError(full ? 'disk_full' : 'refused', `cannot ${act} ${path}: ${why}`, {
    hint,
    cause: error,
  });
}

/** What the system's codes mean for a reader, and what helps. */
const REASONS: ReadonlyArray<readonly [codes: readonly string[], readonly [why: string, hint: string]]> = [
  [
    ['ENOSPC', 'EDQUOT'],
    ['the disk is full', 'free some space'],
  ],
  [['EFBIG'], ['the file would be too large for this disk', 'free some space']],
  [
    ['EACCES', 'EPERM'],
    ['you have no permission', 'use another file, or change its permissions'],
  ],
  [['EROFS'], ['the disk is read-only', 'use another file']],
  [['ENOENT'], ['it or its folder does not exist', 'create the folder, or use another file']],
  [['ENOTDIR'], ['a part of its path is no folder', 'use another file']],
];

/** Whether the system has given one of these codes. */
export function isCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

export function notRegular(path: string): KeysError {
  return new KeysError('refused', `not a regular file: ${path}`);
}

export function swapped(target: string): KeysError {
  return new KeysError('refused', `another program replaced ${target} while it was written`, {
    hint: 'check who can write to its folder',
  });
}
