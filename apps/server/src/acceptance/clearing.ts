/**
 * Where the desk hands on what is not for it: offline approvals, and the acquirers' totals.
 *
 * What must hold: as for the desk itself: answered after it is on disk, the same again has the same answer, and nothing that a message
 * says makes it fail.
 */
import type { ShopAnswer, ShopMessage } from './desk.ts';
import type { OfflineApproval, Reconciliation } from './request.ts';

export interface Clearing {
  offlineApproval(request: OfflineApproval): Promise<ShopAnswer>;
  /** The message with it, for the totals in its fields. */
  reconcile(request: Reconciliation, message: ShopMessage): Promise<ShopAnswer>;
}
