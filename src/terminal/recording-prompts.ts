import type { Prompts, Question } from './prompts.js';

/** What a person has answered in one call, as arguments of the same command. */
export interface Answers {
  /** Notes that a question was answered, whether its answer can be an argument or not. */
  note(question: Question, answer?: readonly string[]): void;
  /** How many questions were answered. */
  readonly count: number;
  /** The arguments; never an answer that was masked. */
  readonly words: readonly string[];
}

/** Collects answers. Of one flag the last answer counts: a choice may lead to a question of its own. */
export function createAnswers(): Answers {
  const byFlag = new Map<string, readonly string[]>();
  let count = 0;
  return {
    note(question, answer) {
      count += 1;
      if (answer === undefined) return;
      byFlag.set(
        question.flag,
        answer.filter((text) => text !== '').flatMap((text) => argumentsOf(question, text)),
      );
    },
    get count() {
      return count;
    },
    get words() {
      return [...byFlag.values()].flat();
    },
  };
}

/** An answer as arguments: as the question says, else behind its flag if that is one option. */
function argumentsOf({ flag, asArguments }: Question, answer: string): readonly string[] {
  if (asArguments !== undefined) return asArguments(answer);
  const [, option] = /^--set (\S+)=…$/.exec(flag) ?? [];
  if (option !== undefined) return ['--set', `${option}=${answer}`];
  return /^--[a-z-]+$/.test(flag) ? [flag, answer] : [];
}

/** The same prompts, which note what a person has answered. */
export function recordingPrompts(prompts: Prompts, answers: Answers): Prompts {
  const noted =
    <Asked extends Question, Answer>(
      ask: (question: Asked) => Promise<Answer>,
      wordsOf: (answer: Answer) => readonly string[] | undefined,
    ) =>
    async (question: Asked): Promise<Answer> => {
      const answer = await ask(question);
      answers.note(question, wordsOf(answer));
      return answer;
    };
  const none = () => undefined;
  return {
    available: prompts.available,
    text: noted(prompts.text, (answer) => [answer]),
    choose: async (question) => {
      const answer = await prompts.choose(question);
      answers.note(question, [answer]);
      return answer;
    },
    chooseSeveral: noted(prompts.chooseSeveral, (chosen) => chosen),
    pick: noted(prompts.pick, (answer) => [answer]),
    press: noted(prompts.press, none),
    secret: noted(prompts.secret, none),
    confirm: noted(prompts.confirm, none),
    confirmByName: noted(prompts.confirmByName, none),
  };
}
