import type { Child } from 'hono/jsx';
import type { Key } from '../../../domain/key.js';
import { Environment, Hint, LastUse, Status, Text, Time } from '../components.js';

/** A key in a table. */
interface TableKey {
  readonly key: Key;
  /** Null: none. */
  readonly environment: string | null;
  /** Address of its page. */
  readonly address: string;
  /** Scopes below its name. */
  readonly scopes?: readonly string[];
  /** Cell of the last column. */
  readonly last: Child;
}

/** Keys, one a row. The last column is the caller's. */
export function KeyTable({
  caption,
  last,
  keys,
  now,
}: {
  readonly caption: string;
  /** Title of the last column. */
  readonly last: string;
  readonly keys: readonly TableKey[];
  readonly now: number;
}) {
  return (
    <div class="card sheet">
      <table class="keys each">
        <caption class="sr">{caption}</caption>
        <thead>
          <tr>
            {['Name', 'Key', 'Status', 'Environment', 'Last used', 'Expires', last].map((title) => (
              <th scope="col">{title}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {keys.map((each) => (
            <Row of={each} now={now} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({
  of: { key, environment, address, scopes = [], last },
  now,
}: {
  readonly of: TableKey;
  readonly now: number;
}) {
  return (
    <tr>
      <td>
        <a href={address}>
          <Text>{key.name || key.id}</Text>
        </a>
        {scopes.length === 0 ? null : <Scopes scopes={scopes} />}
      </td>
      <td>
        <Hint of={key} />
      </td>
      <td class="status">
        <Status status={key.status} />
      </td>
      <td>
        <Environment of={environment} />
      </td>
      <td>
        <LastUse of={key} now={now} brief />
      </td>
      <td>
        <Time at={key.expires_at} now={now} brief />
      </td>
      {last}
    </tr>
  );
}

const MOST_SCOPES = 3;

function Scopes({ scopes }: { readonly scopes: readonly string[] }) {
  const more = scopes.length - MOST_SCOPES;
  return (
    <div class="small soft">
      <Text>{scopes.slice(0, MOST_SCOPES).join(', ')}</Text>
      {more > 0 ? ` and ${more} more` : ''}
    </div>
  );
}
