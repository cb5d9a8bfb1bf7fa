const hexOf = (character: string, digits = 2) =>
  (character.codePointAt(0) ?? 0).toString(16).padStart(digits, '0');
const each = (text: string, write: (character: string) => string) => [...text].map(write).join('');
const json = (text: string) => JSON.stringify(text).slice(1, -1);
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** RFC 4648, with its padding. */
function base32(text: string): string {
  let bits = '';
  for (const byte of Buffer.from(text)) bits += byte.toString(2).padStart(8, '0');
  const digits = (bits.match(/.{1,5}/g) ?? []).map((five) => {
    const value = Number.parseInt(five.padEnd(5, '0'), 2);
    return String.fromCharCode(value < 26 ? 65 + value : 24 + value);
  });
  return digits.join('').padEnd(Math.ceil(digits.length / 8) * 8, '=');
}

/** The ways in which servers, proxies, logs and shells write a text that they repeat, by name. */
export const ENCODINGS: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  'in capitals': (text) => text.toUpperCase(),
  'in small letters': (text) => text.toLowerCase(),
  'percent-encoded': encodeURIComponent,
  'percent-encoded, every character': (text) => each(text, (one) => `%${hexOf(one)}`),
  'percent-encoded twice': (text) => encodeURIComponent(encodeURIComponent(text)),
  'percent-encoded three times, in small letters': (text) =>
    each(text, (one) => `%2525${hexOf(one)}`.toLowerCase()),
  'JSON string': json,
  'JSON string in a JSON string': (text) => json(json(text)),
  'JSON string with every character escaped': (text) => each(text, (one) => `\\u${hexOf(one, 4)}`),
  'JSON string with every character escaped, twice': (text) =>
    each(text, (one) => `\\\\u${hexOf(one, 4).toUpperCase()}`),
  'JSON string with slashes escaped': (text) => json(text).replaceAll('/', '\\/'),
  'shell or C string': (text) => each(text, (one) => `\\x${hexOf(one)}`),
  'C string in octal': (text) =>
    each(text, (one) => `\\${(one.codePointAt(0) ?? 0).toString(8).padStart(3, '0')}`),
  'HTML text': (text) =>
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&#39;'),
  'HTML references': (text) => each(text, (one) => `&#${one.codePointAt(0)};`),
  'HTML references in hexadecimal': (text) => each(text, (one) => `&#x${hexOf(one)};`),
  'HTML references, twice': (text) => each(text, (one) => `&amp;#${one.codePointAt(0)};`),
  'quoted-printable': (text) => each(text, (one) => `=${hexOf(one).toUpperCase()}`),
  base64,
  base64url: (text) => Buffer.from(text).toString('base64url'),
  'base64 behind a user name': (text) => base64(`user:${text}`),
  'base64 behind another user name': (text) => base64(`users:${text}`),
  'base64 behind a third user name': (text) => base64(`a-user:${text}`),
  'base64 in lines': (text) => base64(text).replaceAll(/.{20}/g, '$&\n'),
  'base64 in lines, as JSON': (text) => json(base64(text).replaceAll(/.{20}/g, '$&\r\n')),
  'base64 of base64': (text) => base64(base64(text)),
  base32,
  'base64, percent-encoded': (text) => encodeURIComponent(base64(text)),
  'base64 of JSON': (text) => base64(JSON.stringify(text)),
  'base64 of what is percent-encoded': (text) => base64(encodeURIComponent(text)),
  'base64 of UTF-16': (text) => Buffer.from(text, 'utf16le').toString('base64'),
  'UTF-16, read as UTF-8': (text) => each(text, (one) => `${one}\0`),
  'with soft hyphens': (text) => text.replaceAll(/.{5}/g, '$&\u00ad'),
  'numbers of its bytes': (text) => JSON.stringify([...Buffer.from(text)]),
  'numbers of its bytes, in lines': (text) => JSON.stringify([...Buffer.from(text)], null, 2),
  'hexadecimal with colons': (text) => each(text, (one) => `${hexOf(one)}:`).slice(0, -1),
  'hexadecimal with spaces': (text) => each(text, (one) => `${hexOf(one)} `).slice(0, -1),
  'as JavaScript escapes': (text) => each(text, (one) => `%u${hexOf(one, 4)}`),
  'HTML references that do not end': (text) => each(text, (one) => `&#${one.codePointAt(0)}`),
  'shell word': (text) => text.replaceAll(/[^A-Za-z0-9]/g, '\\$&'),
  hexadecimal: (text) => Buffer.from(text).toString('hex'),
  'hexadecimal in capitals': (text) => Buffer.from(text).toString('hex').toUpperCase(),
  'cut to its first half': (text) => text.slice(0, Math.ceil(text.length / 2)),
  'cut to its second half': (text) => text.slice(Math.floor(text.length / 2)),
};
