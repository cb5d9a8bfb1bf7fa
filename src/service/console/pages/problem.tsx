import { Note, type Notice, type PageFrame, Text } from '../components.js';

/** A page of its own for what could not be done. */
export function ProblemPage({
  frame,
  title,
  notice,
  retry,
  form,
  list,
}: {
  readonly frame: PageFrame;
  readonly title: string;
  readonly notice: Notice;
  /** The address to try again, where that can help. */
  readonly retry: string | null;
  /** The page of a form that is kept. */
  readonly form: string | null;
  /** Path of the console whose list of keys may work; null: none. */
  readonly list: string | null;
}) {
  return (
    <div class="narrow">
      <div class="head">
        <h1>
          <Text>{title}</Text>
        </h1>
      </div>
      <Note notice={notice} />
      <div class="actions">
        {retry === null ? null : (
          <a class="button primary" href={retry}>
            Try again
          </a>
        )}
        {form === null ? null : (
          <a class="button primary" href={form}>
            Back to the form
          </a>
        )}
        {list === null ? null : (
          <a class="button" href={`${list}/keys`}>
            All keys
          </a>
        )}
        {frame.home === null ? null : (
          <a class="button" href={frame.home}>
            All services
          </a>
        )}
      </div>
    </div>
  );
}
