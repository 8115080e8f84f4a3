/**
 * Sync: a purse proves its journal and gets its Grant (docs/spec/protocol.md, sections 6.5 and 6.6). What happens to an
 * upload is in uploads/: read.ts, batch.ts, and writer.ts, which has uploads share transactions.
 */
import type { Principal } from '../access/principal.ts';
import type { Backend } from '../backend.ts';
import type { SyncAnswer, SyncRequest } from './uploads/upload.ts';

/** `shape` makes the answer as it is sent, and kept to be sent again. */
export const sync = (
  b: Backend,
  who: Principal,
  purse: string,
  request: SyncRequest,
  shape: (answer: SyncAnswer) => object,
): Promise<object> => b.uploads.submit({ who, purse, request, shape });
