import { Form, Note, type PageFrame, Text } from '../components.js';

/** Stands for a page that has shown its secret: the back button leads here. */
export function SecretShownPage({
  frame,
  id,
  name,
  canShow,
  isPending,
}: {
  readonly frame: PageFrame;
  readonly id: string;
  /** Empty: it is not known. */
  readonly name: string;
  /** Whether the same form can be sent again, so that its response shows the secret again. */
  readonly canShow: boolean;
  /** Whether the secret is among what is pending until it is saved. */
  readonly isPending: boolean;
}) {
  const path = `/keys/${encodeURIComponent(id)}`;
  const hint = canShow
    ? 'If you have not saved it, show it again. After “I have saved it”, nothing can show it.'
    : isPending
      ? 'If you have not saved it, look at what is pending: “Resume” shows it again.'
      : 'If it is lost, roll the key: the new key has a new secret.';
  return (
    <div class="narrow">
      <div class="head">
        <h1>
          <Text>{name || id}</Text>
        </h1>
      </div>
      <Note notice={{ tone: 'warn', title: 'This page does not show its secret any more', hint }} />
      <div class="actions">
        <a class="button primary" href={`${frame.base}${path}`}>
          Show the key
        </a>
        {isPending ? (
          <a class="button" href={`${frame.base}/pending`}>
            Show what is pending
          </a>
        ) : null}
        {canShow ? (
          <Form frame={frame} action={`${path}/secret`}>
            <button type="submit">Show the secret again</button>
          </Form>
        ) : null}
      </div>
    </div>
  );
}
