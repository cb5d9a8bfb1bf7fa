import type { Key } from '../../../domain/key.js';
import { Command, Field, Form, Note, type Notice, type PageFrame, Refused, Text } from '../components.js';
import type { ConsoleAccount } from '../console-account.js';
import type { FormFields } from '../key-form.js';
import { Crumb, OwnKeyNote, Send } from '../page-parts.js';
import { MoreInputs, ScopesField } from './key-fields.js';

/** The form that changes a key. An empty field means none. */
export function EditPage({
  frame,
  account,
  of: key,
  fields,
  notice,
  was,
  command,
}: {
  readonly frame: PageFrame;
  readonly account: ConsoleAccount;
  readonly of: Key;
  readonly fields: FormFields;
  readonly notice: Notice | null;
  /** What the key has now, as the form sends it back. */
  readonly was: string;
  readonly command: string;
}) {
  const path = `/keys/${encodeURIComponent(key.id)}`;
  const { updates } = account.facts;
  return (
    <div class="narrow">
      <Crumb frame={frame} of={key} />
      <div class="head">
        <h1>
          Change <Text>{key.name || key.id}</Text>
        </h1>
      </div>
      <Note notice={notice} />
      {key.id === account.ownKeyId ? (
        <OwnKeyNote
          frame={frame}
          hint="If it may do less, so may you. If it ends, you are signed out."
          profileHint="What limits it cannot be changed from here until you log in with another key: `keys login`"
        />
      ) : null}
      <Refused of={notice}>
        <Form frame={frame} action={`${path}/edit`} hidden={{ was }}>
          <div class="card">
            {updates.has('expires_at') ? (
              <Field
                name="expires_at"
                label="Expires"
                value={fields.get('expires_at')}
                hint="A day, such as 2027-01-31, which counts to its end (UTC), or a time with its zone. Empty: never."
              />
            ) : null}
            {updates.has('scopes') ? <ScopesField fields={fields} /> : null}
            <MoreInputs has={updates} fields={fields} />
          </div>
          <Send back={`${frame.base}${path}`}>Save the changes</Send>
        </Form>
      </Refused>
      <Command frame={frame} line={command} />
    </div>
  );
}
