/**
 * A definition and a response that do not fit: the field that could not be read or written, and why. The engine adds the
 * provider, its file and the operation. The problem never holds a value of the response.
 */
export class DefinitionMistake extends Error {
  readonly field: string;
  readonly problem: string;

  constructor(field: string, problem: string) {
    super(`${field}: ${problem}`);
    this.field = field;
    this.problem = problem;
  }
}
