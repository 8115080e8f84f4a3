/**
 * Grant: what the issuer's authority tells one purse (docs/spec/protocol.md, section 4.9).
 * It acknowledges the journal up to a point, sets limits, epoch and block list, orders a change of lifecycle,
 * and settles payments whose fate the purse could not learn from their payee.
 */
import { type Bytes, decodeDate, type Epoch, encodeDate, type Reader, Writer } from '@sokkin/codec';
import { SUITE_P256 } from '@sokkin/crypto';
import {
  badMessage,
  HASH_LENGTH,
  PROTOCOL_VERSION,
  PURSE_ID_LENGTH,
  parseBody,
  parseSigned,
  readPreamble,
  type Signed,
  TYPE,
} from './header.ts';
import { encodeLimits, type Limits, readLimits } from './limits.ts';
import { OUTCOME, type Outcome, outcomeOf } from './receipt.ts';
import { NONCE_LENGTH } from './statement.ts';

export const ORDER = { none: 0x00, activate: 0x01, block: 0x02, terminate: 0x03 } as const;
export type Order = keyof typeof ORDER;
const ORDERS: readonly Order[] = ['none', 'activate', 'block', 'terminate'];

export const MAX_RESOLUTIONS = 32;
export const MAX_BLOCKED = 16;

export interface Resolution {
  readonly paymentNo: number;
  readonly outcome: Outcome;
}

export interface Grant {
  /** The certificate holder that signs: an authority of the purse's own issuer. */
  readonly authority: Bytes;
  readonly purse: Bytes;
  /** Strictly rising per purse. */
  readonly grantNo: number;
  readonly ackSeq: number;
  /** Chain head after entry `ackSeq`. */
  readonly ackHead: Bytes;
  readonly order: Order;
  /** Gives the PIN its tries back. */
  readonly resetPinTries: boolean;
  readonly epoch: Epoch;
  /** Nonce of the Statement it answers, or zeroes. */
  readonly nonce: Bytes;
  readonly limits: Limits;
  readonly resolutions: readonly Resolution[];
  /** Purses and issuers whose payments are cancelled and who are not paid. Replaces the list before. */
  readonly blocked: readonly Bytes[];
}

export function encodeGrant(g: Grant): Bytes {
  const w = new Writer()
    .u8(TYPE.grant)
    .u8(PROTOCOL_VERSION)
    .u8(SUITE_P256)
    .bytes(g.authority)
    .bytes(g.purse)
    .u32(g.grantNo)
    .u32(g.ackSeq)
    .bytes(g.ackHead)
    .u8(ORDER[g.order])
    .u8(g.resetPinTries ? 0x01 : 0x00)
    .bytes(encodeDate(g.epoch))
    .bytes(g.nonce)
    .bytes(encodeLimits(g.limits))
    .u8(g.resolutions.length);
  for (const r of g.resolutions) w.u32(r.paymentNo).u8(OUTCOME[r.outcome]);
  w.u8(g.blocked.length);
  for (const id of g.blocked) w.bytes(id);
  return w.finish();
}

export function parseGrantBody(body: Bytes): Grant {
  return parseBody('Grant', body, (r) => {
    readPreamble(r, TYPE.grant, 'Grant');
    return {
      authority: r.take(PURSE_ID_LENGTH),
      purse: r.take(PURSE_ID_LENGTH),
      grantNo: r.u32(),
      ackSeq: r.u32(),
      ackHead: r.take(HASH_LENGTH),
      order: readOrder(r),
      resetPinTries: readFlag(r),
      epoch: decodeDate(r.take(6)),
      nonce: r.take(NONCE_LENGTH),
      limits: readLimits(r),
      resolutions: Array.from({ length: bounded(r.u8(), MAX_RESOLUTIONS, 'settlements') }, () => ({
        paymentNo: r.u32(),
        outcome: outcomeOf(r.u8(), 'Grant'),
      })),
      blocked: Array.from({ length: bounded(r.u8(), MAX_BLOCKED, 'blocked purses') }, () =>
        r.take(PURSE_ID_LENGTH),
      ),
    };
  });
}

function readOrder(r: Reader): Order {
  const code = r.u8();
  const order = ORDERS[code];
  if (order === undefined) throw badMessage(`Grant: order ${code} is unknown`);
  return order;
}

function readFlag(r: Reader): boolean {
  const flag = r.u8();
  if (flag > 1) throw badMessage(`Grant: flags ${flag} are unknown`);
  return flag === 1;
}

function bounded(count: number, max: number, what: string): number {
  if (count > max) throw badMessage(`Grant: ${count} ${what}, at most ${max} fit`);
  return count;
}

export const parseGrant = (message: Bytes): Signed<Grant> => parseSigned('Grant', message, parseGrantBody);
