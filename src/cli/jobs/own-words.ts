/** Keys of yargs' arguments that are no flag of ours, and what each capture is given by itself. */
const LEFT_OUT = new Set(['_', '$0', 'files', 'read', 'jobs']);

/**
 * The flags of a command line as words again, for a process of ours that does the same with one capture.
 * @param typed as yargs has it: under several names, of which the long one with hyphens is taken.
 */
export function flagWords(typed: object): string[] {
  return Object.entries(typed).flatMap(([name, value]) => {
    if (LEFT_OUT.has(name) || name.length === 1 || /[A-Z]/.test(name)) return [];
    return [value].flat().flatMap((each) => wordsOf(name, each));
  });
}

function wordsOf(name: string, value: unknown): string[] {
  // No switch is on unless it is named.
  if (value === undefined || value === false) return [];
  return value === true ? [`--${name}`] : [`--${name}=${value}`];
}
