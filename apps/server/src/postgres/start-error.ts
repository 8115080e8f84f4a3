/**
 * What an operator reads when PostgreSQL does not start.
 *
 * What must hold here: the sentence says what failed, where, with PostgreSQL's own last words, and what
 * to do next.
 */
import { SokkinError } from '@sokkin/codec';

const KEPT_LINES = 12;

const WAY_OUT =
  'Another way: set DATABASE_URL to a PostgreSQL server of yours, or SOKKIN_DATA to another folder.';

/** The last lines of an output, indented under the sentence they explain. */
export function lastLines(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines
    .slice(-KEPT_LINES)
    .map((line) => `  ${line}`)
    .join('\n');
}

/** An error of start: `what` is a sentence without its full stop, `output` PostgreSQL's own log. */
export function startError(what: string, folder: string, output: string, cause?: unknown): SokkinError {
  const said = output.trim() === '' ? '' : `\nPostgreSQL said:\n${lastLines(output)}`;
  if (/No space left on device|ENOSPC|Disk quota exceeded|EDQUOT/.test(`${output} ${String(cause ?? '')}`)) {
    return new SokkinError(
      'disk_full',
      `${what}: the disk that holds ${folder} is full. Free at least 200 MB there. ${WAY_OUT}${said}`,
      { cause },
    );
  }
  const who = hasCode(cause, 'EACCES', 'EPERM')
    ? ` (we are user ${process.getuid?.()}; start as the owner of that folder)`
    : '';
  const why = cause instanceof Error ? `: ${cause.message}${who}` : '';
  return new SokkinError('database_start_failed', `${what} in ${folder}${why}. ${WAY_OUT}${said}`, { cause });
}

/** True for the errors that the operating system gives a code. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
