/**
 * The directories that lead terminals to the payment application: 2PAY.SYS.DDF01 without contacts (Book B, 3.3.2),
 * 1PAY.SYS.DDF01 at the contacts (Book 1, 12.2 and 12.3).
 */
import { ascii, type Bytes, concat, type ResponseApdu, SW, tlv, u8 } from '@sokkin/codec';
import { type Applet, failed, ok } from '../applet.ts';
import type { Context } from './context.ts';

type Find = () => Context | undefined;

const PROXIMITY = ascii('2PAY.SYS.DDF01');
const CONTACT = ascii('1PAY.SYS.DDF01');
const DIRECTORY_SFI = 1;

const fci = (name: Bytes, proprietary: Bytes): Bytes =>
  tlv(0x6f, concat(tlv(0x84, name), tlv(0xa5, proprietary)));

/** A blocked card has no directory any more; a blocked application still stands in it. */
const isThere = (ctx: Context | undefined): boolean =>
  ctx !== undefined && !ctx.state.flags.has('cardBlocked');

function entryOf({ files: { control } }: Context, kernel: boolean): Bytes {
  return tlv(
    0x61,
    concat(
      tlv(0x4f, control.aid),
      tlv(0x50, control.label),
      tlv(0x87, u8(control.priority)),
      kernel && control.kernel.length > 0 ? tlv(0x9f2a, control.kernel) : new Uint8Array(0),
    ),
  );
}

export function proximityDirectory(find: Find): Applet {
  return {
    aid: PROXIMITY,
    isSelectable: () => isThere(find()),
    select() {
      const ctx = find();
      return ctx === undefined
        ? failed(SW.fileNotFound)
        : ok(fci(PROXIMITY, tlv(0xbf0c, entryOf(ctx, true))));
    },
    process: async () => failed(SW.insNotSupported),
    deselect() {},
  };
}

export function contactDirectory(find: Find): Applet {
  return {
    aid: CONTACT,
    isSelectable: () => isThere(find()),
    select: () => ok(fci(CONTACT, tlv(0x88, u8(DIRECTORY_SFI)))),
    async process({ cla, ins, p1, p2, data }): Promise<ResponseApdu> {
      if (ins !== 0xb2) return failed(SW.insNotSupported);
      if (cla !== 0x00) return failed(SW.claNotSupported);
      if (data.length !== 0) return failed(SW.wrongLength);
      if (p2 !== ((DIRECTORY_SFI << 3) | 4)) return failed(SW.incorrectP1P2);
      const ctx = find();
      return p1 !== 1 || ctx === undefined ? failed(SW.recordNotFound) : ok(tlv(0x70, entryOf(ctx, false)));
    },
    deselect() {},
  };
}
