import { commandLine, listLine, withOptions } from '../commands.js';
import { Command, CopyLine, Field, Note, type PageFrame, Select, Time } from '../components.js';
import { type ConsoleAccount, environmentOf } from '../console-account.js';
import { type FormFields, readFilters, STATUS_CHOICES } from '../key-form.js';
import { type KeyList, MOST_SORTED, SORTS } from '../key-list.js';
import { KeyTable } from './key-table.js';

interface KeysPageProps {
  readonly frame: PageFrame;
  readonly account: ConsoleAccount;
  readonly query: FormFields;
  readonly list: KeyList;
}

/** The keys of a service, with filters. */
export function KeysPage({ frame, account, query, list }: KeysPageProps) {
  const filtered = ['name', 'status', 'environment', 'type', 'owner', 'cursor', 'from'].some((name) =>
    query.get(name),
  );
  return (
    <>
      <div class="head">
        <h1>Keys</h1>
        {account.may.create ? (
          <div class="actions">
            <a class="button primary" href={`${frame.base}/keys/new`}>
              Create key
            </a>
          </div>
        ) : null}
      </div>
      {query.get('said') === 'secret' ? <SecretNote /> : null}
      {list.keys.length === 0 && !filtered ? (
        <Empty frame={frame} account={account} />
      ) : (
        <>
          <search>
            <Filters {...{ frame, account, query, list }} />
          </search>
          {list.cut ? <p>The newest {MOST_SORTED} of these keys are sorted. Filter for fewer.</p> : null}
          {list.keys.length === 0 ? (
            <NoMatch frame={frame} searched={Boolean(query.get('name'))} />
          ) : (
            <KeyTable
              caption="Keys"
              last="Created"
              now={frame.now}
              keys={list.keys.map((key) => ({
                key,
                environment: environmentOf(key, account.facts),
                address: `${frame.base}/keys/${encodeURIComponent(key.id)}`,
                scopes: key.scopes ?? [],
                last: (
                  <td>
                    <Time at={key.created_at} now={frame.now} none="" brief />
                  </td>
                ),
              }))}
            />
          )}
          <Range of={list} />
          <Pages frame={frame} query={query} list={list} />
          <Command
            frame={frame}
            line={listLine(readFilters(query), query.get('status') ?? 'works', query.get('sort'))}
          />
        </>
      )}
    </>
  );
}

function Empty({ frame, account }: Pick<KeysPageProps, 'frame' | 'account'>) {
  return (
    <div class="card empty">
      <h2>No keys yet</h2>
      <p class="soft">A key lets a program use your API. Its secret is shown once, when you create it.</p>
      {account.may.create ? (
        <a class="button primary" href={`${frame.base}/keys/new`}>
          Create your first key
        </a>
      ) : null}
      <CopyLine id="first" what="the command">
        {withOptions(commandLine('create', 'my-app'), frame.options)}
      </CopyLine>
    </div>
  );
}

function NoMatch({ frame, searched }: Pick<KeysPageProps, 'frame'> & { readonly searched: boolean }) {
  return (
    <div class="card empty">
      <h2>No key matches</h2>
      {searched ? <p class="soft">Upper and lower case count in a search by name.</p> : null}
      <a class="button" href={`${frame.base}/keys`}>
        Show all keys
      </a>
    </div>
  );
}

/** Choices of the status filter. */
export const STATUS_OPTIONS = STATUS_CHOICES.map(
  (each) => [each, each === 'works' ? 'not revoked' : each] as const,
);

function Filters({ frame, account, query, list }: KeysPageProps) {
  const { types } = account.facts;
  // A vendor may list a key of an environment that no new key has.
  const seen = [query.get('environment'), ...list.keys.map((key) => environmentOf(key, account.facts))];
  const environments = [...new Set([...account.facts.environments, ...seen.flatMap((one) => one || [])])];
  const choices = (values: readonly string[]) => [
    ['', 'any'] as const,
    ...values.map((value) => [value, value] as const),
  ];
  return (
    <form class="filters" method="get" action={`${frame.base}/keys`}>
      <Field name="name" label="Name" value={query.get('name')} placeholder="name or id" />
      <Select name="status" label="Status" value={query.get('status') ?? 'works'} options={STATUS_OPTIONS} />
      {environments.length > 1 ? (
        <Select
          name="environment"
          label="Environment"
          value={query.get('environment')}
          options={choices(environments)}
        />
      ) : null}
      {types.length > 1 ? (
        <Select name="type" label="Type" value={query.get('type')} options={choices(types)} />
      ) : null}
      {account.facts.creates.has('owner') ? (
        <Field name="owner" label="Owner" value={query.get('owner')} />
      ) : null}
      <Select name="sort" label="Sort" value={query.get('sort') ?? ''} options={SORTS} />
      <button type="submit">Filter</button>
    </form>
  );
}

/** Which of the keys are on the page, where there are more. */
function Range({ of: { keys, from, total } }: { readonly of: KeyList }) {
  if (keys.length === 0 || total === keys.length) return null;
  const most = total === null ? '' : ` of ${total}`;
  return (
    <p class="soft small">
      Keys {from + 1} to {from + keys.length}
      {most}.
    </p>
  );
}

/** What the query keeps from page to page. */
const PLACE: ReadonlySet<string> = new Set(['cursor', 'back', 'from', 'said']);

function Pages({ frame, query, list }: Pick<KeysPageProps, 'frame' | 'query' | 'list'>) {
  const { previous, next, isFirst } = list;
  if (isFirst && next === null) return null;
  const kept = [...query].filter(([name, value]) => !PLACE.has(name) && value !== '');
  const address = (place: Readonly<Record<string, string>>) => {
    const params = new URLSearchParams([
      ...kept,
      ...Object.entries(place).filter(([, value]) => value !== ''),
    ]);
    return `${frame.base}/keys${params.size > 0 ? `?${params}` : ''}`;
  };
  return (
    <div class="pages">
      {isFirst ? (
        <span />
      ) : (
        <span class="actions">
          <a class="button" href={address({})}>
            First page
          </a>
          {previous === null ? null : (
            <a class="button" href={address(previous)} rel="prev">
              Previous page
            </a>
          )}
        </span>
      )}
      {next === null ? null : (
        <a class="button" href={address(next)} rel="next">
          Next page
        </a>
      )}
    </div>
  );
}

/** After a search with a secret, which was not searched for. */
export function SecretNote() {
  return (
    <Note
      notice={{
        tone: 'warn',
        title: 'What you searched for or opened looks like a secret, so it was not used',
        hint: 'It is not in this address. To find the key of a secret, pipe it to `keys verify`',
      }}
    />
  );
}
