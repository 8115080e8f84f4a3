/** An upload as JSON has it. */
import type { z } from 'zod';
import type { SyncRequest } from '../operations/uploads/upload.ts';
import * as s from './schemas.ts';

const handed = (message: string, chain: { purse: string; issuer?: string | undefined }) => ({
  message: s.toBytes(message),
  purse: s.toBytes(chain.purse),
  issuer: chain.issuer === undefined ? undefined : s.toBytes(chain.issuer),
});

export const syncRequestOf = (body: z.infer<typeof s.syncRequest>): SyncRequest => ({
  statement: s.toBytes(body.statement),
  entries: body.entries.map(s.toBytes),
  payments: body.payments.map((p) => handed(p.payment, p)),
  receipts: body.receipts.map((r) => handed(r.receipt, r)),
});
