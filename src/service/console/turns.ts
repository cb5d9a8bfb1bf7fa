/** Runs `work` after all earlier work of this name. */
export type InTurn = <Result>(name: string, work: () => Promise<Result>) => Promise<Result>;

/**
 * Returns what runs changes of one key one after the other, so that each sees what the one before has
 * changed.
 */
export function createTurns(): InTurn {
  const last = new Map<string, Promise<unknown>>();
  return async (name, work) => {
    const turn = (last.get(name) ?? Promise.resolve()).then(work, work);
    last.set(name, turn);
    try {
      return await turn;
    } finally {
      if (last.get(name) === turn) last.delete(name);
    }
  };
}

/** Does `work` unless work of this name is under way: then returns a copy of what comes of that. */
export type Together = (name: string, work: () => Promise<Response>) => Promise<Response>;

/**
 * Returns what does the work of one form once, however often a person presses Enter while it is under way:
 * the browser drops its first request and waits for the last.
 */
export function createTogether(): Together {
  const underWay = new Map<string, Promise<Response>>();
  return async (name, work) => {
    const begun = underWay.get(name) ?? work().finally(() => underWay.delete(name));
    underWay.set(name, begun);
    return (await begun).clone();
  };
}
