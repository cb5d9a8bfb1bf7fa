/** Stands for a space at which no line breaks. Unicode keeps this character for use inside a program. */
const JOINED = '\ufdd0';

/** A command in a message: its words stay in one line, so that a person can copy it. */
export function unbroken(command: string): string {
  return command.replaceAll(' ', JOINED);
}

/** The message without the marks of `unbroken`. */
export function unmarked(message: string): string {
  return message.replaceAll(JOINED, ' ');
}
