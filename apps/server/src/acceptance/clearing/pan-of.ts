/** undefined: these digits are no number of a card. */
import { SokkinError } from '@sokkin/codec';
import { Pan } from '@sokkin/issuer';

export function panOf(digits: string): Pan | undefined {
  try {
    return Pan.of(digits);
  } catch (error) {
    if (error instanceof SokkinError) return undefined;
    throw error;
  }
}
