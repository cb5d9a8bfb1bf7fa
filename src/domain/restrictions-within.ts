import { parseEndpoint } from './endpoint-restriction.js';
import { parseReferrer } from './referrer-restriction.js';
import { ipAllowed, parseIpRange, type Restrictions, wildcardMatches } from './restrictions.js';

/**
 * The kinds of restriction in which `inner` allows something that `outer` does not; empty where `inner`
 * allows no more. Each entry of `inner` must lie within one entry of `outer`: entries that only together
 * cover it do not count.
 */
export function widerRestrictions(inner: Restrictions, outer: Restrictions): Array<keyof Restrictions> {
  return (Object.keys(WITHIN) as Array<keyof Restrictions>).filter((kind) => {
    const limits = outer[kind] ?? [];
    if (limits.length === 0) return false;
    const entries = inner[kind] ?? [];
    return (
      entries.length === 0 || !entries.every((entry) => limits.some((limit) => WITHIN[kind](entry, limit)))
    );
  });
}

const WITHIN: Readonly<Record<keyof Restrictions, (inner: string, outer: string) => boolean>> = {
  ips(inner, outer) {
    const [range, limit] = [parseIpRange(inner), parseIpRange(outer)];
    return range.family === limit.family && range.prefix >= limit.prefix && ipAllowed([outer], range.address);
  },
  referrers(inner, outer) {
    const [page, limit] = [parseReferrer(inner), parseReferrer(outer)];
    if (page === null || limit === null) return false;
    const pathWithin = limit.path === null || (page.path !== null && wildcardMatches(limit.path, page.path));
    return pathWithin && wildcardMatches(limit.scheme, page.scheme) && wildcardMatches(limit.host, page.host);
  },
  endpoints(inner, outer) {
    const [endpoint, limit] = [parseEndpoint(inner), parseEndpoint(outer)];
    if (endpoint === null || limit === null) return false;
    if (limit.method !== '*' && limit.method !== endpoint.method) return false;
    // A `*` of the outer pattern takes in a `*` of the inner one; its other characters do not.
    return wildcardMatches(limit.literals.join('*'), endpoint.literals.join('*'));
  },
};
