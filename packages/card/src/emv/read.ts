/** What anybody may read: records (Book 3, 6.5.11) and single elements (6.5.7). */
import { type Bytes, encodeN, SW, tlv, u8 } from '@sokkin/codec';
import { failed, ok } from '../applet.ts';
import { type Command, type Context, counterBytes } from './context.ts';

export const readRecord: Command = {
  name: 'READ RECORD',
  cla: 0x00,
  ins: 0xb2,
  run(ctx, { p1, p2, data }) {
    if (data.length !== 0) return failed(SW.wrongLength);
    if ((p2 & 7) !== 4) return failed(SW.incorrectP1P2);
    const record = ctx.files.records.get(((p2 >> 3) << 8) | p1);
    return record === undefined ? failed(SW.recordNotFound) : ok(record);
  },
};

export const getData: Command = {
  name: 'GET DATA',
  cla: 0x80,
  ins: 0xca,
  run(ctx, { p1, p2, data }) {
    if (data.length !== 0) return failed(SW.wrongLength);
    const tag = (p1 << 8) | p2;
    const value = elementOf(ctx, tag);
    return value === undefined ? failed(SW.referencedDataNotFound) : ok(tlv(tag, value));
  },
};

function elementOf({ state, store, files }: Context, tag: number): Bytes | undefined {
  switch (tag) {
    case 0x9f36:
      return counterBytes(state.atc);
    case 0x9f13:
      return counterBytes(state.lastOnlineAtc);
    case 0x9f17:
      return store.state.pin === undefined ? undefined : u8(store.state.pin.triesLeft);
    case OFFLINE_BALANCE:
      return files.control.showBalance ? balanceOf(store.state.balance) : undefined;
    default:
      return undefined;
  }
}

/** Book C-2, A.1.35: n 12. A balance above twelve digits shows as the most that fits. */
const OFFLINE_BALANCE = 0x9f50;
const MOST = 999_999_999_999n;
const balanceOf = (balance: bigint): Bytes => encodeN(String(balance > MOST ? MOST : balance), 6);
