import type { Key } from '../../../domain/key.js';
import { Note, type PageFrame, Text } from '../components.js';

const HINTS: Readonly<Record<string, string>> = {
  revoked: 'It cannot be rolled or revoked again.',
  expired: 'It cannot be rolled: create another key.',
  retiring: 'It has a successor already.',
  paused: 'Unpause it first: its successor would work at once.',
};

/** Stands for a form that does not fit the key's state. */
export function EndedPage({ frame, of: key }: { readonly frame: PageFrame; readonly of: Key }) {
  const { status = 'revoked' } = key;
  const title = status === 'expired' ? 'This key has expired' : `This key is ${status}`;
  return (
    <div class="narrow">
      <div class="head">
        <h1>
          <Text>{key.name || key.id}</Text>
        </h1>
      </div>
      <Note notice={{ tone: 'warn', title, hint: HINTS[status] }} />
      <a class="button" href={`${frame.base}/keys/${encodeURIComponent(key.id)}`}>
        Back to the key
      </a>
    </div>
  );
}
