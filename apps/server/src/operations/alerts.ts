/**
 * Raising alerts. What must hold: in the transaction of what was found; only a new one is told, and may block its purse.
 */
import { CENTRAL_BANK, type LedgerTx } from '@sokkin/issuer';
import type { Backend } from '../backend.ts';
import { blockByPolicy } from './blocking.ts';
import { emit } from './events.ts';

type NewAlert = Parameters<LedgerTx['alerts']['raise']>[0];

/** The alert's id: that of the open one, if there is one about the same. Only a new one is told. */
export async function raiseAlert(b: Backend, tx: LedgerTx, alert: NewAlert): Promise<string> {
  const id = await tx.alerts.raise(alert, b.clock());
  if (id !== alert.id) return id;
  const purse = await tx.purses.byId(alert.purse);
  const account = purse && (await tx.accounts.byId(purse.accountId));
  // The issuer's own purse has no account.
  const institution = account?.institution ?? CENTRAL_BANK;
  const { kind, severity } = alert;
  const data = { alert: id, kind, severity, purse: `pur_${alert.purse}` };
  await emit(b, tx, { type: 'alert.raised', institution, subject: id, data });
  await blockByPolicy(b, tx, alert);
  return id;
}
