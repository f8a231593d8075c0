import { UsageError } from './errors.js';

const LAST_PORT = 65_535;

/** TCP ports of the servers, as words: of what is no number yargs would not tell what was typed. */
export const PORT_OPTION = { alias: 'p', type: 'string', array: true, nargs: 1, coerce: readPorts } as const;

/** @throws UsageError */
function readPorts(words: readonly (string | number)[]): number[] {
  return words.map((word) => {
    const port = /^\d{1,5}$/.test(String(word)) ? Number(word) : 0;
    if (port < 1 || port > LAST_PORT)
      throw new UsageError(`--port: not a TCP port (1 to ${LAST_PORT}): ${word}`);
    return port;
  });
}
