/** How much of a file says whether it is binary; nearly git's own measure. */
export const HEAD_BYTES = 8 * 1024;

/** A NUL in the first 8 KiB makes a file binary, unless a byte order mark says that it is UTF-16. */
export function isBinary(bytes: Buffer): boolean {
  return byteOrder(bytes) === undefined && bytes.subarray(0, HEAD_BYTES).includes(0);
}

function byteOrder(bytes: Buffer): 'little' | 'big' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'little';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'big' : undefined;
}

/** A file's text: UTF-16 where a byte order mark says so, otherwise UTF-8. `null`: it is binary. */
export function textOf(bytes: Buffer): string | null {
  const order = byteOrder(bytes);
  if (order === 'little') return bytes.toString('utf16le', 2);
  if (order === 'big') {
    return Buffer.from(bytes.subarray(2, bytes.length - (bytes.length % 2)))
      .swap16()
      .toString('utf16le');
  }
  if (isBinary(bytes)) return null;
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return bytes.toString('utf8', marked ? 3 : 0);
}
