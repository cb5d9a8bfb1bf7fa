/**
 * A request target as path and query. Servers must take the absolute form too (RFC 9112, 3.2.2); its scheme
 * and authority, with a user name or not, do not matter here. What is neither form becomes a path that no
 * endpoint has.
 */
export function originForm(target: string | undefined): string {
  if (target?.startsWith('/')) return target;
  const path = /^https?:\/\/[^/?#]*(\/[^#]*)?(\?[^#]*)?$/i.exec(target ?? '');
  return path === null ? '/not-a-path' : `${path[1] ?? '/'}${path[2] ?? ''}`;
}
