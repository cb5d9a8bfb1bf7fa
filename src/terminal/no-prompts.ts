import { KeysError } from '../domain/errors.js';
import type { Prompts, Question } from './prompts.js';

/** Where nobody can be asked: every question is refused with the flag that answers it. */
export function createNoPrompts(): Prompts {
  const refuse = async ({ flag }: Question): Promise<never> => {
    throw new KeysError('missing_answer', `${flag} is needed where nobody can be asked`, {
      hint: `say ${flag}`,
    });
  };
  return {
    available: false,
    text: refuse,
    choose: refuse,
    secret: refuse,
    confirm: refuse,
    confirmByName: refuse,
  };
}
