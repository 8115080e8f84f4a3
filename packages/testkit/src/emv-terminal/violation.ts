/**
 * A card that does what the books forbid. The terminal that others wrote would end there, so this one does, and says
 * which section it holds against the card.
 */
import { SokkinError } from '@sokkin/codec';

export class EmvViolation extends SokkinError<'emv_violation'> {
  /** Book and section that the card does not keep. */
  readonly section: string;

  constructor(section: string, what: string, options?: { cause?: unknown }) {
    super('emv_violation', `${section}: ${what}`, options);
    this.section = section;
  }
}

export const violated = (section: string, what: string): never => {
  throw new EmvViolation(section, what);
};

/** What `read` gives; bytes that it refuses are the card's fault, under this section. */
export function strictly<T>(section: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SokkinError && !(error instanceof EmvViolation))
      throw new EmvViolation(section, error.message, { cause: error });
    throw error;
  }
}
