import type { KeysError } from '../../domain/errors.js';
import type { Notice } from './components.js';
import { ProblemPage } from './pages/problem.js';
import type { CreatedHere } from './session-table.js';
import type { Visit } from './visit.js';

export type SentAgain = 'same' | 'changed';

/**
 * How a form was sent again that has done its work: `same` as before, or `changed` since. Null: the failure
 * has another cause.
 */
export function sentAgain({ code }: KeysError): SentAgain | null {
  if (code === 'response_gone') return 'same';
  return code === 'idempotency_mismatch' ? 'changed' : null;
}

/**
 * What is said of a form that has created `key` already, with a link to it. Null: it is not known which key
 * that was.
 */
export function usedNotice({ frame, account }: Visit, key: CreatedHere | null, title: string, hint: string) {
  const name = key === null ? '' : key.name || key.id;
  const link =
    key === null || !account.may.read
      ? undefined
      : { path: `${frame.base}/keys/${encodeURIComponent(key.id)}`, title: `Show ${name}` };
  return { tone: 'warn', title, hint, link } satisfies Notice;
}

/** The page for a form that was sent again and is not shown again. */
export function usedPage(visit: Visit, key: CreatedHere | null, title: string, how: SentAgain): Response {
  const { frame, page } = visit;
  const hint =
    how === 'changed'
      ? 'what you changed since has no effect'
      : 'its secret was shown once and cannot be shown again; if it is lost, roll the key';
  const notice = usedNotice(visit, key, title, hint);
  const nothing = { retry: null, form: null } as const;
  const content = <ProblemPage {...{ frame, notice, ...nothing }} title="Not possible" list={frame.base} />;
  return page('keys', 'Not possible', content, 409);
}
