import { createSecureContext } from 'node:tls';
import { KeysError } from '../../domain/errors.js';
import { readWhole } from '../../storage/files/read-file.js';

/** Paths of PEM files: the certificate with its chain, and its private key. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** Most bytes of either file. */
const MOST_BYTES = 1024 * 1024;

/**
 * What a TLS server needs, read anew at each call. Throws `usage` for files that cannot be read, are no PEM,
 * or do not belong together; the message holds nothing of the private key.
 */
export function readTls({ cert, key }: TlsFiles): { readonly cert: Buffer; readonly key: Buffer } {
  const read = { cert: readFile('the certificate', cert), key: readFile('the private key', key) };
  try {
    createSecureContext(read);
  } catch (error) {
    const { code = 'no reason is known' } = error as { code?: string };
    throw new KeysError('usage', `${cert} and ${key} are no certificate with its private key: ${code}`, {
      hint: 'PEM files: the certificate with its chain, and the private key without a passphrase',
    });
  }
  return read;
}

function readFile(what: string, path: string): Buffer {
  try {
    const bytes = readWhole(path, MOST_BYTES);
    if (bytes !== null) return bytes;
  } catch (error) {
    throw new KeysError('usage', `${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
  throw new KeysError('usage', `${what}: there is no such file: ${path}`);
}
