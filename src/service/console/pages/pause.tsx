import type { Key } from '../../../domain/key.js';
import { commandLine } from '../commands.js';
import { Command, Form, type PageFrame, Text } from '../components.js';
import { LOG_IN_FIRST, OwnKeyNote, Send } from '../page-parts.js';

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
      <OwnKeyNote
        frame={frame}
        hint="Pausing it signs you out. Only another key can unpause it."
        profileHint={LOG_IN_FIRST}
      />
      <Form frame={frame} action={`${path}/pause`}>
        <Send back={`${frame.base}${path}`} danger>
          Pause the key
        </Send>
      </Form>
      <Command frame={frame} line={commandLine('pause', key.id)} />
    </div>
  );
}
