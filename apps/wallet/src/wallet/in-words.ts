/**
 * What must hold: whatever fails at the back-end is `backend_unreachable` (the same may be asked again), `device_refused` (it does not know this
 * device any more) or `backend_refused`, with a sentence.
 */
import { SokkinError } from '@sokkin/codec';
import { SokkinApiError, SokkinNetworkError } from '@sokkin/sdk';

export async function inWords<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    if (cause instanceof SokkinNetworkError)
      throw new SokkinError('backend_unreachable', 'The back-end cannot be reached.', { cause });
    if (cause instanceof SokkinApiError && cause.status >= 500)
      throw new SokkinError('backend_unreachable', cause.message, { cause });
    if (cause instanceof SokkinApiError && cause.status === 401)
      throw new SokkinError('device_refused', cause.message, { cause });
    if (cause instanceof SokkinApiError) throw new SokkinError('backend_refused', cause.message, { cause });
    throw cause;
  }
}
