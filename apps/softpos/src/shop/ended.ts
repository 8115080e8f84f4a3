/**
 * How sales and refunds ended, as screens say it: of a session that has told it, and of a record that a start has found.
 *
 * What must hold: both say the same of the same sale.
 */
import type { SaleRecord, SaleResult } from '@sokkin/sdk/acceptance';
import type { ResultShown } from './view.ts';

export function resultOf(result: SaleResult): ResultShown {
  switch (result.status) {
    case 'approved': {
      const { way, paid, receipt } = result;
      return { status: 'approved', way, paid, receipt, isOffline: way !== 'emv_online' };
    }
    case 'declined': {
      const { reason, detail, mayComeBack } = result;
      return { status: 'declined', reason, detail, mayComeBack };
    }
    case 'cancelled':
      return { status: 'cancelled', mayComeBack: result.mayComeBack };
    case 'kept':
      return { status: 'kept', receipt: result.receipt };
  }
}

/** undefined: there is more to be done for it. */
export function endOf(record: SaleRecord): ResultShown | undefined {
  const { kind, state, isTorn, ticketIsOut: mayComeBack, way, receipt, reason } = record;
  if (kind === 'refund' && isTorn) return undefined;
  switch (state) {
    case 'approved':
      if (way === undefined || receipt === undefined) throw new Error('Bug: an approval without a receipt');
      return { status: 'approved', way, paid: 'now', receipt, isOffline: way !== 'emv_online' };
    case 'declined':
      return { status: 'declined', reason: reason ?? 'card_refuses', detail: '', mayComeBack };
    case 'cancelled':
      return { status: 'cancelled', mayComeBack };
    case 'open':
    case 'asking':
    case 'paid':
      return undefined;
  }
}
