import { DAY_MS } from '../../../domain/duration.js';
import type { KeyDay } from '../../../domain/key-service.js';

const DAYS = 30;

const counted = (count: number, one: string, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/** Uses, refusals and new addresses of a key: the sums, a bar for each day, and the same days as a table. */
export function Usage({ days, now }: { readonly days: readonly KeyDay[]; readonly now: number }) {
  const sum = (count: (day: KeyDay) => number) => days.reduce((total, day) => total + count(day), 0);
  const [uses, refusals] = [sum((day) => day.uses), sum((day) => day.refusals)];
  const told = days.some((day) => day.new_addresses !== undefined);
  const addresses = told
    ? [
        counted(
          sum((day) => day.new_addresses ?? 0),
          'new address',
          'new addresses',
        ),
      ]
    : [];
  return (
    <>
      <p>{[counted(uses, 'use'), counted(refusals, 'refusal'), ...addresses].join(', ')}</p>
      {uses + refusals === 0 ? null : (
        <>
          <Bars days={days} now={now} />
          <Table days={days} told={told} />
        </>
      )}
    </>
  );
}

function Bars({ days, now }: { readonly days: readonly KeyDay[]; readonly now: number }) {
  const byDay = new Map(days.map((day) => [day.day, day]));
  const most = Math.max(1, ...days.map(({ uses, refusals }) => uses + refusals));
  const bars = Array.from({ length: DAYS }, (_, i) => {
    const day = new Date(now - (DAYS - 1 - i) * DAY_MS).toISOString().slice(0, 10);
    return byDay.get(day) ?? { day, uses: 0, refusals: 0 };
  });
  const height = (count: number) => (count === 0 ? 0 : Math.max(2, Math.round((count / most) * 68)));
  return (
    <svg class="days" viewBox="0 0 300 72" preserveAspectRatio="none" aria-hidden="true">
      {bars.map((bar, i) => (
        <>
          <rect class="rest" x={i * 10 + 1} y={71} width={8} height={1} />
          <rect class="use" x={i * 10 + 1} y={71 - height(bar.uses)} width={8} height={height(bar.uses)} />
          <rect
            class="refusal"
            x={i * 10 + 1}
            y={71 - height(bar.uses) - height(bar.refusals)}
            width={8}
            height={height(bar.refusals)}
          />
        </>
      ))}
    </svg>
  );
}

/** The days that have any use or refusal, newest first. */
function Table({ days, told }: { readonly days: readonly KeyDay[]; readonly told: boolean }) {
  return (
    <details class="by-day">
      <summary>By day (UTC)</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">Day</th>
            <th scope="col">Uses</th>
            <th scope="col">Refusals</th>
            {told ? <th scope="col">New addresses</th> : null}
          </tr>
        </thead>
        <tbody>
          {days.map(({ day, uses, refusals, new_addresses }) => (
            <tr>
              <th scope="row">{day}</th>
              <td>{uses}</td>
              <td>{refusals}</td>
              {told ? <td>{new_addresses ?? 'unknown'}</td> : null}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
