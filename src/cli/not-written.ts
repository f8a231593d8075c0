import { dirname } from 'node:path';
import { shellWord } from '../capture/live/problems.js';
import { InputProblem } from './errors.js';
import { withRemedies } from './remedies.js';

/** What mends it, by the error's code (errno(3)); more for one that the caller knows better. */
export type WriteRemedies = Readonly<Record<string, string>>;

/** @param error of a system call that wrote, or opened to write. @param what as in `cannot be written`. */
export function notWritten(
  path: string,
  error: unknown,
  what = 'cannot be written',
  more: WriteRemedies = {},
): InputProblem {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const remedies = [remedyOf(code, shellWord(dirname(path)), shellWord(path)), more[code]];
  const known = remedies.filter((one) => one !== undefined);
  return new InputProblem(withRemedies(`${path}: ${what}: ${message}`, known));
}

function remedyOf(code: string, folder: string, file: string): string | undefined {
  switch (code) {
    case 'ENOSPC':
      return `the disk is full: df -h ${folder} shows it`;
    case 'EDQUOT':
      return 'the quota of this user is used up: quota -s shows it';
    case 'EFBIG':
      return 'longer than this user may make a file: ulimit -f shows the limit';
    case 'ENOENT':
      return `mkdir -p ${folder}`;
    case 'EACCES':
    case 'EPERM':
      return `this user may not write there: ls -ld ${folder} ${file} shows who may`;
    case 'EISDIR':
      return 'give the name of a file in it';
    case 'EROFS':
      return `it is mounted to be read only: findmnt -T ${folder} shows it`;
    default:
      return undefined;
  }
}
