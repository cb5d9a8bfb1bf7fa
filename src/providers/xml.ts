import { XMLParser } from 'fast-xml-parser';
import { compact } from '../domain/compact.js';
import { isRecord } from '../domain/is-record.js';
import type { TransportResponse } from '../http/transport.js';

/** Names of elements that stand for a list although one alone looks like an object. */
const LIST_ITEM = 'member';

/** A page of 1,000 keys takes a tenth of this. The parser takes a second for as much. */
const MOST_BYTES = 4 * 1024 * 1024;
/** No vendor declares a document type. It could define entities that grow, or name files. */
const DECLARATION = /<!(DOCTYPE|ENTITY)/i;

/**
 * An XML response as the JSON that operations read: an element is a member, `<member>` items are a list,
 * every value is text. The first `Message` within an error is its `message`. A response that is not XML stays
 * as it is, and so does one that is too large, nests deeper than 100 elements (the parser's own limit), or
 * declares entities.
 */
export function xmlAsJson(response: TransportResponse): TransportResponse {
  if (!/[/+]xml\b/.test(response.headers['content-type'] ?? '')) return response;
  if (response.body.length > MOST_BYTES) return response;
  const parser = new XMLParser({
    ignoreAttributes: true,
    parseTagValue: false,
    isArray: (name) => name === LIST_ITEM,
  });
  let parsed: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(response.body);
    if (DECLARATION.test(text)) return response;
    parsed = parser.parse(text, true);
  } catch {
    return response;
  }
  const message = response.status >= 400 ? messageIn(parsed) : undefined;
  const body = { ...(isRecord(parsed) ? parsed : {}), ...compact({ message }) };
  return {
    ...response,
    headers: { ...response.headers, 'content-type': 'application/json' },
    body: new TextEncoder().encode(JSON.stringify(body)),
  };
}

function messageIn(value: unknown): string | undefined {
  if (!isRecord(value)) return undefined;
  if (typeof value['Message'] === 'string') return value['Message'];
  for (const inner of Object.values(value)) {
    const found = messageIn(inner);
    if (found !== undefined) return found;
  }
  return undefined;
}
