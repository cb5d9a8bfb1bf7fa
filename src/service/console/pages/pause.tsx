import type { Key } from '../../../domain/key.js';
import { commandLine } from '../commands.js';
import { Command, Form, Note, type PageFrame, Text } from '../components.js';

/** Asks before the key that is signed in is paused. */
export function PausePage({ frame, of: key }: { readonly frame: PageFrame; readonly of: Key }) {
  const path = `/keys/${encodeURIComponent(key.id)}`;
  return (
    <div class="narrow">
      <div class="head">
        <h1>
          Pause <Text>{key.name || key.id}</Text>
        </h1>
      </div>
      <Note
        notice={{
          tone: 'warn',
          title: 'You are signed in with this key',
          hint: 'Pausing it signs you out. Only another key can unpause it.',
        }}
      />
      <Form frame={frame} action={`${path}/pause`}>
        <div class="actions">
          <button type="submit" class="danger primary">
            Pause the key
          </button>
          <a class="button" href={`${frame.base}${path}`}>
            Cancel
          </a>
        </div>
      </Form>
      <Command frame={frame} line={commandLine('pause', key.id)} />
    </div>
  );
}
