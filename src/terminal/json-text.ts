/** A lone surrogate as `JSON.stringify` writes it; behind it an even number of backslashes, which stand for themselves. */
const LONE_SURROGATE = /(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g;

/** JSON that every reader takes: jq and others refuse half a surrogate pair, so U+FFFD stands for it. */
export function jsonText(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent);
  return text.includes('\\ud') ? text.replace(LONE_SURROGATE, '$1\ufffd') : text;
}
