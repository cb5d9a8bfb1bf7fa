/**
 * Work that goes on during the next steps of a test, which awaits it later. Without a handler, a failure
 * before that would be an error outside of every test.
 */
export function underWay<Work extends Promise<unknown> | ReadonlyArray<Promise<unknown>>>(work: Work): Work {
  void Promise.allSettled([work].flat());
  return work;
}
