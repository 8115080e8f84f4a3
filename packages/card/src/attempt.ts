/** Reading bytes from outside: what does not parse is no value, and never an exception. */
import { SokkinError } from '@sokkin/codec';

export function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SokkinError) return undefined;
    throw error;
  }
}
