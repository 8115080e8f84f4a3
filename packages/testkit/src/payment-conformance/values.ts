/** What the scripts of the payment suite call by name: AIDs, and data fields as this product's lists ask for them. */
import {
  ascii,
  type Bytes,
  buildDolData,
  concat,
  DOMAIN_AID,
  type DolEntry,
  fromHex,
  tlv,
  u8,
} from '@sokkin/codec';
import { PURSE_AID } from '@sokkin/purse';
import { blockOf } from '../parties.ts';
import { type Bank, PAYMENT_PIN } from '../payment-card/bank.ts';

/** A purchase of one minor unit at an attended terminal. */
export const PURCHASE: ReadonlyMap<number, Bytes> = new Map([
  [0x9f02, fromHex('000000000001')],
  [0x9f03, fromHex('000000000000')],
  [0x95, fromHex('0000000000')],
  [0x9c, fromHex('00')],
  [0x9f1a, fromHex('0392')],
  [0x5f2a, fromHex('0392')],
  [0x9a, fromHex('261122')],
  [0x9f37, fromHex('a1b2c3d4')],
  [0x9f35, fromHex('22')],
  [0x9f66, fromHex('36004000')],
]);

const field = (data: Bytes): Bytes => concat(u8(data.length), data);

export function scriptValues({ profile }: Pick<Bank, 'profile'>): Record<string, Bytes> {
  const { aid } = profile.control;
  const { pdol, cdol1, cdol2, ddol, drdol } = profile.lists;
  const asked = (list: readonly DolEntry[]): Bytes => buildDolData(list, (tag) => PURCHASE.get(tag));
  return {
    domain: DOMAIN_AID,
    purse: PURSE_AID,
    ppse: ascii('2PAY.SYS.DDF01'),
    pse: ascii('1PAY.SYS.DDF01'),
    aid,
    aidL: u8(aid.length),
    rid: aid.slice(0, 5),
    gpo: field(tlv(0x83, asked(pdol))),
    cdol1: field(asked(cdol1)),
    cdol2: field(asked(cdol2)),
    ddol: field(asked(ddol)),
    drdol: field(asked(drdol)),
    pin: blockOf(PAYMENT_PIN),
  };
}
