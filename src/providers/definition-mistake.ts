const BRAND = Symbol.for('keys.DefinitionMistake');

/**
 * A definition and a response that do not fit: the field that could not be read or written, and why. The
 * engine adds the provider, its file and the operation. The problem never holds a value of the response.
 */
export class DefinitionMistake extends Error {
  /** The library has this class once more than the program: an error that one throws is the other's too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value;
  }

  readonly [BRAND] = true;
  readonly field: string;
  readonly problem: string;

  constructor(field: string, problem: string) {
    super(`${field}: ${problem}`);
    this.field = field;
    this.problem = problem;
  }
}

const FAILED = Symbol.for('keys.FailedFunction');

/** A function of a definition that has thrown: its place in the file, and what it threw. */
export class FailedFunction extends Error {
  /** The library has this class once more than the program. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && FAILED in value;
  }

  readonly [FAILED] = true;
  readonly field: string;

  constructor(field: string, cause: unknown) {
    super(`${field} throws`, { cause });
    this.field = field;
  }
}
