import type { AuditEvent } from '../../../domain/audit-event.js';
import { isEnded } from '../../../domain/ended-key.js';
import type { Key } from '../../../domain/key.js';
import type { KeyDay } from '../../../domain/key-service.js';
import type { Wording } from '../../../domain/words.js';
import { commandLine, withOptions } from '../commands.js';
import {
  Command,
  CopyLine,
  Field,
  Form,
  Hint,
  LastUse,
  Note,
  type Notice,
  type PageFrame,
  Refused,
  Said,
  Status,
  Text,
  Time,
} from '../components.js';
import { type ConsoleAccount, environmentOf } from '../console-account.js';
import type { ManagedFacts } from '../console-ledger.js';
import type { KeyNames } from '../key-names.js';
import { Crumb, Fact } from '../page-parts.js';
import { EventList } from './events.js';
import { Managed } from './managed.js';
import { Usage } from './usage.js';

/** All that the console knows of a key. */
interface KeyFacts {
  readonly of: Key;
  readonly events: readonly AuditEvent[];
  readonly names: KeyNames;
  /** Null where the service does not count uses. */
  readonly usage: readonly KeyDay[] | null;
  /** Null where no ledger knows the key. */
  readonly managed: ManagedFacts | null;
}

interface KeyPageProps extends KeyFacts {
  readonly frame: PageFrame;
  readonly account: ConsoleAccount;
  readonly notice: Notice | null;
  /** Warnings of the last change. */
  readonly said: readonly Wording[];
  /** A new name that was entered before, in a form that was interrupted or refused. */
  readonly named: string | undefined;
}

/** A key's record, uses and events, and what can be done with it. */
export function KeyDetailPage(props: KeyPageProps) {
  const { frame, account, of: key, events, names, usage, notice, said, managed, named } = props;
  const changes = account.may.write && key.status !== 'revoked' ? account.facts.updates : NOTHING;
  return (
    <>
      <Crumb frame={frame} />
      <div class="head">
        <h1>
          <Text>{key.name || key.id}</Text>
        </h1>
        <Status status={key.status} />
        {managed?.versions.some(({ id, state }) => id === key.id && state === 'pending') ? (
          <span class="badge warn">not delivered yet</span>
        ) : null}
        <Actions frame={frame} account={account} of={key} />
      </div>
      <Note notice={notice} />
      <Said of={said} />
      <div class="columns">
        <div>
          <section class="card" aria-labelledby="record">
            <h2 id="record">Record</h2>
            <Record {...{ frame, account }} of={key} />
            {[...changes].some((field) => field !== 'name') ? (
              <p>
                <br />
                <a class="button" href={`${frame.base}/keys/${encodeURIComponent(key.id)}/edit`}>
                  Change
                </a>
              </p>
            ) : null}
          </section>
          {managed === null ? null : (
            <Managed frame={frame} of={key} managed={managed} mayChange={account.may.write} />
          )}
          {usage === null ? null : (
            <section class="card" aria-labelledby="usage">
              <h2 id="usage">Use in the last 30 days</h2>
              <Usage days={usage} now={frame.now} />
            </section>
          )}
        </div>
        <div>
          {changes.has('name') ? (
            <Refused of={notice}>
              <Rename frame={frame} of={key} named={named} />
            </Refused>
          ) : null}
          <section class="card" aria-labelledby="events">
            <h2 id="events">Events</h2>
            <EventList {...{ frame, events, names }} withKey={false} />
          </section>
        </div>
      </div>
      <Commands frame={frame} account={account} of={key} />
    </>
  );
}

/** The command that shows the key, and those of the buttons and forms of its page. */
function Commands({
  frame,
  account: { facts, may, service },
  of: key,
}: Pick<KeyPageProps, 'frame' | 'account'> & { readonly of: Key }) {
  const { id } = key;
  const paused = key.status === 'paused';
  const changes: ReadonlyArray<readonly [title: string, line: string, fits: boolean]> = [
    ['Rename', commandLine('update', id, '--name', 'NAME'), facts.updates.has('name')],
    ['Roll', commandLine('roll', id), facts.grace !== null && key.status === 'active'],
    paused
      ? ['Unpause', commandLine('unpause', id), true]
      : ['Pause', commandLine('pause', id), service.pause !== undefined],
    ['Revoke', commandLine('revoke', id), true],
  ];
  return (
    <>
      <Command frame={frame} line={commandLine('show', id)} />
      {may.write && works(key) ? (
        <details class="cli">
          <summary>Commands that change it</summary>
          {changes.map(([title, line, fits]) =>
            fits ? (
              <>
                <span class="label">{title}</span>
                <CopyLine id={`command-${title.toLowerCase()}`} what={`the command: ${title}`}>
                  {withOptions(line, frame.options)}
                </CopyLine>
              </>
            ) : null,
          )}
        </details>
      ) : null}
    </>
  );
}

const NOTHING: ReadonlySet<string> = new Set();

/** Whether a key works, now or again. */
function works({ status }: Key): boolean {
  return !isEnded(status);
}

function Actions({
  frame,
  account,
  of: key,
}: Pick<KeyPageProps, 'frame' | 'account'> & { readonly of: Key }) {
  if (!account.may.write || !works(key)) return null;
  const path = `/keys/${encodeURIComponent(key.id)}`;
  const canRoll = account.facts.grace !== null && key.status === 'active';
  const pause = key.status === 'paused' ? 'unpause' : 'pause';
  return (
    <div class="actions">
      {canRoll ? (
        <a class="button" href={`${frame.base}${path}/roll`}>
          Roll
        </a>
      ) : null}
      {account.service.pause === undefined ? null : pause === 'pause' && key.id === account.ownKeyId ? (
        <a class="button" href={`${frame.base}${path}/pause`}>
          Pause
        </a>
      ) : (
        <Form frame={frame} action={`${path}/${pause}`}>
          <button type="submit">{pause === 'pause' ? 'Pause' : 'Unpause'}</button>
        </Form>
      )}
      <a class="button danger" href={`${frame.base}${path}/revoke`}>
        Revoke
      </a>
    </div>
  );
}

function Rename({ frame, of: key, named }: Pick<KeyPageProps, 'frame' | 'named'> & { readonly of: Key }) {
  return (
    <section class="card" aria-labelledby="rename">
      <h2 id="rename">Rename</h2>
      <Form frame={frame} action={`/keys/${encodeURIComponent(key.id)}/rename`} hidden={{ was: key.name }}>
        <Field name="name" label="Name" value={named ?? key.name} required />
        <button type="submit">Save the name</button>
      </Form>
    </section>
  );
}

function Record({ frame, account, of: key }: Pick<KeyPageProps, 'frame' | 'account'> & { readonly of: Key }) {
  const { now } = frame;
  const linked = (id: string) => <a href={`${frame.base}/keys/${encodeURIComponent(id)}`}>{id}</a>;
  return (
    <dl>
      <Fact title="Key">
        <Hint of={key} />
      </Fact>
      <Fact title="Id">
        <code>{key.id}</code>
      </Fact>
      <RecordFacts account={account} of={key} />
      <Fact title="Last used">
        <LastUse of={key} now={now} />
      </Fact>
      <Fact title="Expires">
        <Time at={key.expires_at} now={now} />
      </Fact>
      <Fact title="Created">
        <Time at={key.created_at} now={now} />
      </Fact>
      {key.rolled_from ? <Fact title="Replaces">{linked(key.rolled_from)}</Fact> : null}
      {key.rolled_to ? <Fact title="Replaced by">{linked(key.rolled_to)}</Fact> : null}
    </dl>
  );
}

/** What a key is for and what it may do, as far as its service says it. */
function RecordFacts({ account, of: key }: Pick<KeyPageProps, 'account'> & { readonly of: Key }) {
  const { restrictions = {}, limits = {} } = key;
  const lists: ReadonlyArray<readonly [string, readonly string[] | undefined]> = [
    ['Scopes', key.scopes],
    ['IP addresses', restrictions.ips],
    ['Pages', restrictions.referrers],
    ['Endpoints', restrictions.endpoints],
    [
      'Limits',
      [limits.rate, limits.quota, limits.uses && `${limits.uses} uses`].filter((each) => !!each).map(String),
    ],
    ['Notes', Object.entries(key.metadata ?? {}).map(([name, value]) => `${name}=${value}`)],
  ];
  const texts: ReadonlyArray<readonly [string, string | null | undefined]> = [
    ['Type', key.type],
    ['Environment', environmentOf(key, account.facts)],
    ['Service', key.service],
    ['Owner', key.owner],
  ];
  return (
    <>
      {texts.map(([title, text]) =>
        text ? (
          <Fact title={title}>
            <Text>{text}</Text>
          </Fact>
        ) : null,
      )}
      {lists.map(([title, values]) =>
        values?.length ? (
          <Fact title={title}>
            {values.map((value) => (
              <span class="tag">
                <Text>{value}</Text>
              </span>
            ))}
          </Fact>
        ) : null,
      )}
    </>
  );
}
