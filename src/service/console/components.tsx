import { type Child, createContext, useContext } from 'hono/jsx';
import type { Key, KeyStatus } from '../../domain/key.js';
import { visibleText } from '../../domain/visible-text.js';
import type { Wording, Written } from '../../domain/words.js';
import { withOptions } from './commands.js';
import { type FormProblem, labelOfField } from './form-words.js';
import { hintParts, pageOfCommand, warningParts } from './page-words.js';

/** Where the pages are, and what each needs to know of its request. */
export interface PageFrame {
  /** Path of the console, without a slash at its end. */
  readonly base: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** The token of the session's forms. */
  readonly token: string;
  /** Path of the page that lists every service; null where the console is of one service alone. */
  readonly home: string | null;
  /** Name of the service, such as a profile's; empty where the console is of one service alone. */
  readonly service: string;
  /** Options that a command needs to reach this service. */
  readonly options: readonly string[];
}

/** The frame of the page that is rendered. */
export const Framed = createContext<PageFrame | null>(null);

const TONES: Readonly<Record<KeyStatus, string>> = {
  active: 'good',
  retiring: 'warn',
  paused: 'warn',
  expired: '',
  revoked: 'bad',
};

export function Status({ status }: { readonly status: KeyStatus | undefined }) {
  return <span class={`badge ${status ? TONES[status] : ''}`}>{status ?? 'unknown'}</span>;
}

/**
 * The texts of people and vendors: their direction does not reach the text around them, and nothing in them
 * is invisible.
 */
export function Text({ children }: { readonly children: string }) {
  return <bdi>{visibleText(children)}</bdi>;
}

const SPANS = [
  [31_536_000, 'year'],
  [2_592_000, 'month'],
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
] as const;

/** Such as `3 days ago` and `in 2 hours`. */
export function relativeTime(at: number, now: number): string {
  const seconds = Math.abs(at - now) / 1000;
  const [size, unit] = SPANS.find(([length]) => seconds >= length) ?? [1, 'second'];
  if (unit === 'second') return at <= now ? 'just now' : 'in less than a minute';
  const count = Math.round(seconds / size);
  const span = `${count} ${unit}${count === 1 ? '' : 's'}`;
  return at <= now ? `${span} ago` : `in ${span}`;
}

/** A time as people say it; the exact one is its title. `none` stands for null. */
export function Time({
  at,
  now,
  none = 'never',
  brief = false,
}: {
  readonly at: string | null | undefined;
  readonly now: number;
  readonly none?: string;
  /** Without the exact time for browsers that run no script: in long lists. */
  readonly brief?: boolean;
}) {
  if (at === undefined) return <span class="soft">unknown</span>;
  if (at === null) return <span class="soft">{none}</span>;
  const ms = Date.parse(at);
  return (
    <time datetime={at} title={brief ? undefined : at}>
      {Number.isFinite(ms) ? relativeTime(ms, now) : at}
    </time>
  );
}

/** The last use of a key: where its vendor does not tell it, that by this program, labelled so. */
export function LastUse({
  of: { last_used, last_used_here },
  ...shown
}: {
  readonly of: Pick<Key, 'last_used' | 'last_used_here'>;
  readonly now: number;
  readonly brief?: boolean;
}) {
  if (last_used !== undefined || !last_used_here) return <Time at={last_used} {...shown} />;
  return (
    <>
      <Time at={last_used_here} {...shown} /> (here)
    </>
  );
}

/** Prefix and last characters of a key. */
export function Hint({ of }: { readonly of: Key }) {
  const { prefix = '', hint } = of;
  return <code class="nowrap">{prefix || hint ? `${prefix}…${hint ?? ''}` : of.id}</code>;
}

/** The environment of a key, in a table. */
export function Environment({ of: environment }: { readonly of: string | null }) {
  return environment === null ? <span class="soft">none</span> : <Text>{environment}</Text>;
}

/** A line to copy. The button appears where the script runs. */
export function CopyLine({
  id,
  children,
  what,
  secret = false,
}: {
  readonly id: string;
  readonly children: string;
  /** What the button copies, for screen readers. */
  readonly what: string;
  readonly secret?: boolean;
}) {
  return (
    <div class={secret ? 'line secret' : 'line'}>
      <code id={id} data-secret={secret ? 'yes' : undefined}>
        {children}
      </code>
      <button type="button" data-copy={id}>
        Copy<span class="sr"> {what}</span>
      </button>
    </div>
  );
}

/** A command within a sentence, to copy. */
export function InlineCommand({ children }: { readonly children: string }) {
  return (
    <span class="command">
      <code>
        <Text>{children}</Text>
      </code>{' '}
      <button type="button" data-copy="">
        Copy<span class="sr"> the command</span>
      </button>
    </span>
  );
}

/** A text with a link for each id of a key of ours. */
function WithKeys({ frame, children }: { readonly frame: PageFrame | null; readonly children: string }) {
  if (frame === null || frame.home === frame.base) return <Text>{children}</Text>;
  return (
    <>
      {children.split(/\b(key_\w{8,64})\b/).map((piece, i) =>
        i % 2 === 0 ? (
          <Text>{piece}</Text>
        ) : (
          <a href={`${frame.base}/keys/${piece}`}>
            <Text>{piece}</Text>
          </a>
        ),
      )}
    </>
  );
}

/** What to do next: commands to copy, and a link where a page of the console does the same. */
export function Advice({ of: parts }: { readonly of: readonly Written[] }) {
  const frame = useContext(Framed);
  const commands = parts.flatMap((part) => (typeof part === 'string' ? [] : [part.command]));
  // A page over every service does not know which one the command is for.
  const isOfOne = frame !== null && frame.home !== null && frame.service !== '';
  const links = new Map(
    (isOfOne ? commands : []).flatMap((command) => {
      const page = pageOfCommand(command);
      return page === null ? [] : [[page.path, page.title] as const];
    }),
  );
  const whole = (command: string) =>
    /--(profile|provider)\b/.test(command) ? command : withOptions(command, frame?.options ?? []);
  return (
    <>
      {parts.map((part) =>
        typeof part === 'string' ? (
          <WithKeys frame={frame}>{part}</WithKeys>
        ) : (
          <InlineCommand>{whole(part.command)}</InlineCommand>
        ),
      )}
      {[...links].map(([path, title]) => (
        <>
          {' '}
          <a href={`${frame?.base}${path}`}>
            <Text>{title}</Text>
          </a>
        </>
      ))}
    </>
  );
}

/** The command that does the same. */
export function Command({
  frame,
  line,
  id = 'command',
}: {
  readonly frame: PageFrame;
  readonly line: string;
  readonly id?: string;
}) {
  return (
    <div class="cli">
      <span class="label">The same on the command line</span>
      <CopyLine id={id} what="the command">
        {withOptions(line, frame.options)}
      </CopyLine>
    </div>
  );
}

export interface Notice {
  readonly tone: 'good' | 'warn' | 'bad';
  readonly title: string;
  readonly hint?: Wording | undefined;
  /** Where to go on: a whole path. */
  readonly link?: { readonly path: string; readonly title: string } | undefined;
  /** What is wrong with each field of the form below. */
  readonly problems?: readonly FormProblem[];
}

/** A message as a sentence. The names of programs and places stay as they are. */
function sentence(text: string): string {
  const [first = ''] = text.split(' ');
  const name =
    /[/.]/.test(first) || /^(gh|glab|aws|kubectl|vercel|wrangler|vault|git|exec:.*|keys)$/.test(first);
  return name ? text : text.charAt(0).toUpperCase() + text.slice(1);
}

/** What went wrong or right, above a page. Screen readers read it first. */
export function Note({ notice }: { readonly notice: Notice | null }) {
  if (notice === null) return null;
  const { tone, title, hint, link, problems = [] } = notice;
  return (
    <div class={`note ${tone}`} role={tone === 'good' ? 'status' : 'alert'}>
      <p>
        <Text>{sentence(title)}</Text>
      </p>
      {hint && hintParts(hint).length > 0 ? (
        <p>
          <Advice of={hintParts(hint)} />
        </p>
      ) : null}
      {link ? (
        <p>
          <a href={link.path}>
            <Text>{link.title}</Text>
          </a>
        </p>
      ) : null}
      {problems.length > 1 ? (
        <ul>
          {problems.map(({ field, why }) => (
            <li>
              <a href={`#${field}`}>
                <Text>{labelOfField(field)}</Text>
              </a>
              : <Text>{why}</Text>
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}

const Wrong = createContext<readonly FormProblem[]>([]);

/** Marks each field that a refusal is about, and puts the focus on the first. */
export function Refused({ of: notice, children }: { readonly of: Notice | null; readonly children: Child }) {
  return <Wrong.Provider value={notice?.problems ?? []}>{children}</Wrong.Provider>;
}

/**
 * Buttons that send the form with another value. They come after the button that sends it as it is: Enter in
 * a field presses the first one.
 */
export function Offers({ of: notice }: { readonly of: Notice | null }) {
  const offers = notice?.problems?.flatMap((problem) => problem.offers ?? []) ?? [];
  if (offers.length === 0) return null;
  return (
    <fieldset class="offers">
      <legend>Or send it with one change</legend>
      <div class="actions">
        {offers.map(({ name, value, title }) => (
          <button type="submit" name={name} value={value}>
            <Text>{title}</Text>
          </button>
        ))}
      </div>
    </fieldset>
  );
}

/** What a control says of itself: its hint, and why it was refused. */
function described(name: string, hint: string | undefined) {
  const wrong = useContext(Wrong);
  const problem = wrong.find(({ field }) => field === name);
  const first = problem !== undefined && problem === wrong[0];
  const ids = [...(problem ? [`${name}-wrong`] : []), ...(hint ? [`${name}-hint`] : [])];
  return {
    attributes: {
      'aria-describedby': ids.length === 0 ? undefined : ids.join(' '),
      ...(problem ? { 'aria-invalid': 'true' as const } : {}),
      ...(first ? { autofocus: true } : {}),
    },
    /** Whether another field has the focus. */
    elsewhere: wrong.length > 0 && !first,
    notes: (
      <>
        {problem ? (
          <p class="hint wrong" id={`${name}-wrong`}>
            <Text>{problem.why}</Text>
          </p>
        ) : null}
        {hint ? (
          <p class="hint" id={`${name}-hint`}>
            {hint}
          </p>
        ) : null}
      </>
    ),
  };
}

/** A form that changes something: with the token of the session. */
export function Form({
  frame,
  action,
  children,
  hidden = {},
  left,
}: {
  readonly frame: PageFrame;
  /** A path below the console. */
  readonly action: string;
  readonly children: Child;
  readonly hidden?: Readonly<Record<string, string>>;
  /**
   * The path that the back button leads to once the form is sent: the page of the form cannot be shown again.
   */
  readonly left?: string;
}) {
  return (
    <form
      method="post"
      action={`${frame.base}${action}`}
      autocomplete="off"
      data-left={left === undefined ? undefined : `${frame.base}${left}`}
    >
      {Object.entries({ token: frame.token, ...hidden }).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      <noscript>
        <input type="hidden" name="without_script" value="yes" />
      </noscript>
      {children}
    </form>
  );
}

interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly value?: string | undefined;
}

export function Field({
  name,
  label,
  hint,
  value = '',
  ...others
}: FieldProps & {
  readonly type?: string;
  readonly required?: boolean;
  readonly maxlength?: number;
  readonly autofocus?: boolean;
  readonly placeholder?: string;
  /** Id of a `datalist` with suggestions. */
  readonly list?: string;
}) {
  const { attributes, elsewhere, notes } = described(name, hint);
  const { autofocus = false, ...rest } = others;
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <input
        id={name}
        name={name}
        value={value}
        autofocus={autofocus && !elsewhere}
        {...rest}
        {...attributes}
      />
      {notes}
    </div>
  );
}

export function TextArea({ name, label, hint, value = '' }: FieldProps) {
  const { attributes, notes } = described(name, hint);
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <textarea id={name} name={name} {...attributes}>
        {value}
      </textarea>
      {notes}
    </div>
  );
}

export function Select({
  name,
  label,
  hint,
  value,
  options,
}: FieldProps & { readonly options: ReadonlyArray<readonly [value: string, title: string]> }) {
  const { attributes, notes } = described(name, hint);
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <select id={name} name={name} {...attributes}>
        {options.map(([each, title]) => (
          <option value={each} selected={each === value}>
            {title}
          </option>
        ))}
      </select>
      {notes}
    </div>
  );
}

export function Choices({
  name,
  label,
  value,
  options,
}: FieldProps & { readonly options: ReadonlyArray<readonly [value: string, title: string]> }) {
  const { attributes, notes } = described(name, undefined);
  return (
    <fieldset id={name} aria-describedby={attributes['aria-describedby']}>
      <legend>{label}</legend>
      <div class="choices">
        {options.map(([each, title]) => (
          <label>
            <input type="radio" name={name} value={each} checked={each === value} />
            {title}
          </label>
        ))}
      </div>
      {notes}
    </fieldset>
  );
}

/** A box to tick. It sends `yes`. */
export function Tick({ name, label, hint, value }: FieldProps) {
  return (
    <div class="field">
      <label class="tick">
        <input
          type="checkbox"
          name={name}
          value="yes"
          checked={value === 'yes'}
          aria-describedby={hint ? `${name}-hint` : undefined}
        />
        {label}
      </label>
      {hint ? (
        <p class="hint" id={`${name}-hint`}>
          {hint}
        </p>
      ) : null}
    </div>
  );
}

/** What was said while an operation ran: warnings, and what a place has printed. */
export function Said({ of: said }: { readonly of: readonly Wording[] }) {
  if (said.length === 0) return null;
  return (
    <div class="note warn" role="status">
      {said.map((line) => (
        <p>
          <Advice of={warningParts(line)} />
        </p>
      ))}
    </div>
  );
}
