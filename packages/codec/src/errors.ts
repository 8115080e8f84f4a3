/**
 * The three error channels of the project, and the two that are exceptions.
 *
 * What must hold: a bug is a plain `Error` that starts with `Bug:` (from `assert`) and is never
 * caught on purpose; bad bytes or a failed environment is a `SokkinError` with a literal `code`.
 * Expected outcomes (status words, results) are returned, never thrown. No input from outside,
 * whatever its bytes, may raise anything but a `SokkinError`.
 */

/** Everything that can be wrong with bytes or text that this package decodes. */
export type CodecCode =
  | 'truncated'
  | 'trailing_bytes'
  | 'bad_length'
  | 'bad_tag'
  | 'bad_value'
  | 'too_deep'
  | 'too_long'
  | 'duplicate_tag'
  | 'missing_tag'
  | 'unexpected_tag'
  | 'bad_hex'
  | 'bad_apdu'
  | 'bad_date'
  | 'bad_profile';

/**
 * Bad bytes, or an environment that failed. `code` is for programs and stable; `message` is a
 * sentence for a person; `cause` holds what another layer threw.
 */
export class SokkinError<Code extends string = string> extends Error {
  override readonly name = 'SokkinError';
  readonly code: Code;

  constructor(code: Code, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/**
 * States what the program itself guarantees. A false condition is a bug, never an input error.
 * A text with figures in it is given as a function, so that it is only built when it is needed.
 */
export function assert(condition: unknown, what: string | (() => string)): asserts condition {
  if (!condition) throw new Error(`Bug: ${typeof what === 'string' ? what : what()}`);
}

/** Inside this package: refuse the input. Keeps the code within `CodecCode`. */
export function fail(code: CodecCode, message: string): never {
  throw new SokkinError<CodecCode>(code, message);
}
