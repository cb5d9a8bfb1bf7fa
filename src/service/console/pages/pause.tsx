import type { Key } from '../../../domain/key.js';
import { commandLine } from '../commands.js';
import { Command, Form, Note, type Notice, type PageFrame, Text } from '../components.js';
import { Crumb, LOG_IN_FIRST, OwnKeyNote, Send, TypeToConfirm } from '../page-parts.js';

/** Asks for the name of the key that is signed in before it is paused. */
export function PausePage({
  frame,
  of: key,
  notice,
  typed,
}: {
  readonly frame: PageFrame;
  readonly of: Key;
  readonly notice: Notice | null;
  /** What was typed before, in a form that was refused or interrupted. */
  readonly typed: string;
}) {
  const path = `/keys/${encodeURIComponent(key.id)}`;
  const name = key.name || key.id;
  return (
    <div class="narrow">
      <Crumb frame={frame} of={key} />
      <div class="head">
        <h1>
          Pause <Text>{name}</Text>
        </h1>
      </div>
      <Note notice={notice} />
      <div class="card">
        <OwnKeyNote
          frame={frame}
          hint="Pausing it signs you out. Only another key can unpause it."
          profileHint={LOG_IN_FIRST}
        />
        <Form frame={frame} action={`${path}/pause`}>
          <TypeToConfirm name={name} typed={typed} />
          <Send back={`${frame.base}${path}`} danger>
            Pause the key
          </Send>
        </Form>
      </div>
      <Command frame={frame} line={commandLine('pause', key.id)} />
    </div>
  );
}
