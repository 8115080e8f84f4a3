/** Expected failures as values. What must hold: a bug is none of them, and goes up. */
import { SokkinError } from '@sokkin/codec';
import { isFull } from '../keep/database.ts';
import type { Done, No, NoCode } from './view.ts';

export const ok: Done = { status: 'ok', value: undefined };
export const okWith = <T>(value: T): Done<T> => ({ status: 'ok', value });
export const no = (code: NoCode, message: string): No => ({ status: 'no', code, message });

/** SokkinErrors as values, whatever the code; and a disk that is full. */
export async function trying<T>(run: () => Promise<Done<T>>): Promise<Done<T>> {
  try {
    return await run();
  } catch (error) {
    return noOf(error);
  }
}

export function noOf(error: unknown): No {
  if (isFull(error)) return no('storage_full', 'This device has no room left: nothing was written.');
  if (!(error instanceof SokkinError)) throw error;
  return { status: 'no', code: error.code, message: error.message };
}
