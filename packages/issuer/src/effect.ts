/** What entries of a journal change outside its view. */
import type { Bytes } from '@sokkin/codec';
import type { Outcome, Receipt } from '@sokkin/purse';
import type { ViewApproval, ViewPayment } from './view.ts';

/** A row to write; effects come in the order of their entries. */
export type Effect =
  | { readonly kind: 'ticket_opened'; readonly ticketNo: number; readonly maxAmount: bigint }
  | {
      readonly kind: 'ticket_closed';
      readonly ticketNo: number;
      readonly outcome: Outcome;
      /** The payment that consumed it; absent when it was withdrawn. */
      readonly by: Bytes | undefined;
    }
  | { readonly kind: 'received'; readonly receipt: Receipt }
  | { readonly kind: 'paid'; readonly payment: ViewPayment }
  | { readonly kind: 'settled'; readonly paymentNo: number; readonly outcome: Outcome }
  | { readonly kind: 'approved'; readonly approval: ViewApproval }
  | { readonly kind: 'approval_settled'; readonly approvalNo: number; readonly outcome: Outcome };
