/** The tables of migrations/0014_meetings.sql. */
import type { Bytes } from '@sokkin/codec';
import type { MeetingState } from '@sokkin/issuer';
import type { Generated } from 'kysely';

export interface MeetingTables {
  meetings: {
    payer: string;
    payment_no: bigint;
    payee: string;
    ticket_no: bigint;
    seq: bigint;
    hash: Bytes;
    amount: bigint;
    state: MeetingState;
  };
  arrivals: {
    payee: string;
    ticket_no: bigint;
    payer: string;
    payment_no: bigint;
    amount: bigint;
    hash: Bytes;
    is_refused: Generated<boolean>;
  };
  purse_days: { purse: string; day: number; count: bigint; amount: bigint };
}
