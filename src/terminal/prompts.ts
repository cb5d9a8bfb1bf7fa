import { KeysError } from '../domain/errors.js';

/** A question, and the flag that answers it without a terminal. */
export interface Question {
  readonly message: string;
  /** What can be answered. It is shown behind the question until that is answered. */
  readonly tip?: string;
  /** Such as `--name`, for the error where there is no terminal. */
  readonly flag: string;
  /** What to type where there is no terminal. Default: the question that the flag answers. */
  readonly instead?: string;
  /**
   * An answer as arguments of the command, for a person who repeats it. Default: behind `flag`, if that is
   * one option.
   */
  readonly asArguments?: (answer: string) => readonly string[];
}

/** One of many. Its texts may be from elsewhere. */
export interface PickChoice {
  readonly value: string;
  /** Cut where the terminal is too narrow for the line. */
  readonly title: string;
  /** What follows the title, and is never cut, as long as there is room for it. */
  readonly details?: string;
  readonly search: string;
}

/**
 * Questions to a person. Without a terminal on stdin and stderr, or under `--no-input`, each throws
 * `missing_answer` naming the flag; Ctrl-C and Esc throw `interrupted`, a no `declined`. Esc is a no to a
 * question that asks for a yes, and picks none of many choices.
 */
export interface Prompts {
  readonly available: boolean;
  text(
    question: Question & {
      readonly default?: string;
      readonly check?: (text: string) => string | true | Promise<string | true>;
    },
  ): Promise<string>;
  choose<Value extends string>(
    question: Question & {
      readonly choices: ReadonlyArray<{ value: Value; title: string }>;
      readonly default?: Value;
    },
  ): Promise<Value>;
  /** Picks any number of choices, in their order. `required`: at least one. */
  chooseSeveral(
    question: Question & {
      readonly choices: ReadonlyArray<{ value: string; title: string }>;
      readonly required?: boolean;
    },
  ): Promise<string[]>;
  /** Picks one of many choices. Typing filters them by `search`. Esc throws `declined`. */
  pick(question: Question & { readonly choices: readonly PickChoice[] }): Promise<string>;
  /** Whether this key was pressed, and not Enter. Nothing else needs to be typed. */
  press(question: Question & { readonly key: string }): Promise<boolean>;
  /** Masked input. */
  secret(question: Question): Promise<string>;
  /** Resolves on yes, throws `declined` on no. */
  confirm(question: Question): Promise<void>;
  /** Resolves when `name` was typed out, throws `declined` otherwise. */
  confirmByName(question: Question & { readonly name: string }): Promise<void>;
}

/** The question as it is asked, with its tip. */
export function askedText({ message, tip }: Pick<Question, 'message' | 'tip'>): string {
  return tip === undefined ? message : `${message} (${tip})`;
}

/** Without a terminal every question is refused; the error names the flag to use. */
export function createNoPrompts(): Prompts {
  const refusal = ({ flag }: Question, hint: string) =>
    new KeysError(
      'missing_answer',
      `${flag} is required when keys cannot prompt (no terminal, or --no-input)`,
      {
        hint,
      },
    );
  const refuse = async (question: Question): Promise<never> => {
    throw refusal(question, question.instead ?? `the question is: ${askedText(question)}`);
  };
  const refuseChoice = async (
    question: Question & { readonly choices: ReadonlyArray<{ readonly value: string }> },
  ): Promise<never> => {
    throw refusal(question, `one of ${question.choices.map(({ value }) => value).join(', ')}`);
  };
  const refuseQuestion = async (question: Question): Promise<never> => {
    throw refusal(question, `the question is: ${askedText(question)} ${question.flag} answers it with yes`);
  };
  return {
    available: false,
    text: refuse,
    choose: refuseChoice,
    chooseSeveral: refuseChoice,
    pick: refuse,
    press: refuse,
    secret: refuse,
    confirm: refuseQuestion,
    confirmByName: refuseQuestion,
  };
}
