import { KeysError } from '../domain/errors.js';
import { tooLarge } from './limits.js';

interface ReceiveOptions {
  /** Most bytes, both as they are sent and as they are decoded. */
  readonly maxBytes: number;
  readonly url: string;
  /** Called for each piece that arrives. */
  readonly onPiece?: () => void;
}

/**
 * Returns a whole body, decoded as its `content-encoding` says. Throws `bad_response` for one that is larger
 * than its limit, is encoded in another way than gzip, deflate or Brotli, or is damaged; and what the stream
 * throws.
 */
export async function receiveBody(
  stream: AsyncIterable<Uint8Array>,
  headers: Readonly<Record<string, string>>,
  { maxBytes, url, onPiece = () => undefined }: ReceiveOptions,
): Promise<Uint8Array> {
  const received = await collect(stream, { maxBytes, url, onPiece });
  const codings = codingsOf(headers);
  if (codings.length === 0 || received.length === 0) return received;
  return await decode(received, codings, { maxBytes, url });
}

async function collect(
  stream: AsyncIterable<Uint8Array>,
  { maxBytes, url, onPiece }: Required<ReceiveOptions>,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of stream) {
    onPiece();
    size += piece.length;
    if (size > maxBytes) throw tooLarge(maxBytes, url);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** The codings of a body, the last one applied first. */
function codingsOf(headers: Readonly<Record<string, string>>): string[] {
  return (headers['content-encoding'] ?? '')
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity')
    .reverse();
}

async function decode(
  received: Uint8Array,
  codings: readonly string[],
  { maxBytes, url }: Pick<ReceiveOptions, 'maxBytes' | 'url'>,
): Promise<Uint8Array> {
  const [{ brotliDecompress, gunzip, inflate }, { promisify }] = await Promise.all([
    import('node:zlib'),
    import('node:util'),
  ]);
  const decoders = new Map([
    ...(['gzip', 'x-gzip'] as const).map((name) => [name, promisify(gunzip)] as const),
    ['deflate', promisify(inflate)] as const,
    ['br', promisify(brotliDecompress)] as const,
  ] as ReadonlyArray<
    readonly [string, (body: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>]
  >);
  let body: Uint8Array = received;
  for (const coding of codings) {
    const decoder = decoders.get(coding);
    if (decoder === undefined || codings.length > 2) {
      throw new KeysError(
        'bad_response',
        `the response has an encoding that was not asked for: ${new URL(url).origin}`,
      );
    }
    body = await decoder(body, { maxOutputLength: maxBytes }).catch((error: unknown) => {
      if (error instanceof RangeError) throw tooLarge(maxBytes, url);
      throw new KeysError(
        'bad_response',
        `the response cannot be decoded (${coding}): ${new URL(url).origin}`,
        {
          hint: 'it was cut short or damaged; something in between may have changed it',
        },
      );
    });
  }
  return body;
}
