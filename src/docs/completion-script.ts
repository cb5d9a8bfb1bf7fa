export async function completionScript(shell: string, program: unknown): Promise<string> {
  return `${shell}${typeof program}`;
}
