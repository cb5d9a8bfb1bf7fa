import { isEnded } from '../../../domain/ended-key.js';
import type { CreatedKey, Credential, Key } from '../../../domain/key.js';
import type { Wording } from '../../../domain/words.js';
import { Command, CopyLine, Form, type PageFrame, Said, Text, Time } from '../components.js';

/** Shows a new key's secret: only the response to the form that created it does. */
export function SecretPage({
  frame,
  created,
  request,
  command,
  previous,
  oldKey,
  said = [],
}: {
  readonly frame: PageFrame;
  readonly created: CreatedKey;
  readonly request: string;
  readonly command: string;
  /** After a roll: the old key. */
  readonly previous?: Key;
  /** The same as a sentence, from a ledger: then the secret can be shown again until it is saved. */
  readonly oldKey?: string | null;
  /** Warnings. */
  readonly said?: readonly Wording[];
}) {
  const { key, credential } = created;
  return (
    <div class="narrow">
      <div class="head">
        <h1>
          <Text>{key.name}</Text> is ready
        </h1>
      </div>
      <div class="note warn" role="status">
        <CopyNow pending={oldKey !== undefined} />
      </div>
      <Said of={said} />
      <div class="card">
        <Parts of={credential} />
        {previous === undefined ? null : <OldKey frame={frame} of={previous} />}
        {oldKey ? (
          <p>
            <Text>{oldKey.charAt(0).toUpperCase() + oldKey.slice(1)}</Text>.
          </p>
        ) : null}
        {created.incomplete === undefined ? null : (
          <div class="note bad" role="alert">
            <p>{created.incomplete}</p>
          </div>
        )}
        <Form
          frame={frame}
          action={`/keys/${encodeURIComponent(key.id)}/saved`}
          hidden={{ request }}
          left={`/keys/${encodeURIComponent(key.id)}`}
        >
          <button type="submit" class="primary">
            I have saved it
          </button>
        </Form>
      </div>
      <Command frame={frame} line={command} />
    </div>
  );
}

/**
 * Until when the secret can be shown again: while it is pending, or for as long as the form is answered
 * alike.
 */
function CopyNow({ pending }: { readonly pending: boolean }) {
  return pending ? (
    <p>
      Copy the secret now, and confirm below that you have saved it.{' '}
      <strong>It is not shown again after that.</strong> Until then it is pending.
    </p>
  ) : (
    <p>
      Copy the secret now. <strong>It is on this page only.</strong> Sending the same form again shows it
      again, for 24 hours or until you confirm below that you have saved it.
    </p>
  );
}

/** Each part of the secret, and its line for an .env file. */
function Parts({ of: credential }: { readonly of: Credential }) {
  const parts =
    'secret' in credential
      ? [['secret', 'Secret', credential.secret, 'API_KEY'] as const]
      : [
          ['api-key', 'API key', credential.api_key, 'API_KEY'] as const,
          ['secret', 'Secret key', credential.secret_key, 'SECRET_KEY'] as const,
        ];
  return (
    <>
      {parts.map(([id, title, value, variable]) => (
        <>
          <span class="label">{title}</span>
          <CopyLine id={id} what={title} secret>
            {value}
          </CopyLine>
          <span class="label">Line for an .env file</span>
          <CopyLine id={`${id}-line`} what="the line" secret>
            {`${variable}=${value}`}
          </CopyLine>
        </>
      ))}
    </>
  );
}

/** What became of the key that was rolled. */
function OldKey({ frame, of: key }: { readonly frame: PageFrame; readonly of: Key }) {
  const { status, expires_at: end } = key;
  const stopped = isEnded(status) || (end && Date.parse(end) <= frame.now);
  return stopped ? (
    <p>The old key has stopped already. Put the new secret everywhere now.</p>
  ) : (
    <p>
      The old key works until it expires: <Time at={end ?? null} now={frame.now} />. Put the new secret
      everywhere before then.
    </p>
  );
}

/** Asks again whether a secret was saved, after the session ended. */
export function ConfirmSavedPage({
  frame,
  id,
  request,
}: {
  readonly frame: PageFrame;
  readonly id: string;
  readonly request: string;
}) {
  return (
    <div class="narrow">
      <div class="head">
        <h1>Have you saved the secret?</h1>
      </div>
      <p>Your session ended before this was recorded. After it, nothing can show the secret again.</p>
      <Form frame={frame} action={`/keys/${encodeURIComponent(id)}/saved`} hidden={{ request }}>
        <button type="submit" class="primary">
          I have saved it
        </button>
      </Form>
    </div>
  );
}
