/** Which application a SELECT leads to: by the file control information that answers it, or by its identifier. */
import { ascii, type Bytes, DOMAIN_AID, decodeTlv, equal, hex, SokkinError, type Tlv } from '@sokkin/codec';
import { PURSE_AID } from '@sokkin/purse';
import type { Application } from './application.ts';
import { createDomain } from './domain.ts';
import { createEmv } from './emv.ts';
import { otherApplication } from './other.ts';
import { purseApplication } from './purse.ts';

const DIRECTORIES = ['2PAY.SYS.DDF01', '1PAY.SYS.DDF01'].map((name) => ascii(name));
/** Objects in an FCI's A5 that only EMV puts there (Book 1, 11.3.4). */
const EMV_OBJECTS: ReadonlySet<number> = new Set([0x50, 0x87, 0x88, 0x9f38, 0xbf0c]);
/** Card recognition data (GPCS, H.2), and the longest command data. */
const DOMAIN_OBJECTS: ReadonlySet<number> = new Set([0x73, 0x9f65, 0x9f6e]);

export interface Selection {
  /** The application behind an identifier alone, if it is known; empty for a SELECT without one. */
  byName(aid: Bytes): Application | undefined;
  /** The one that answered so. */
  byAnswer(aid: Bytes, answer: Bytes): Application;
}

/** Keeps what the payment applications told of their lists. */
export function createSelection(): Selection {
  const payment = new Map<string, Application>();
  const emv = (aid: Bytes): Application => {
    const known = payment.get(hex(aid)) ?? createEmv();
    payment.set(hex(aid), known);
    return known;
  };
  const byName = (aid: Bytes): Application | undefined => {
    if (equal(aid, PURSE_AID)) return purseApplication;
    if (equal(aid, DOMAIN_AID)) return createDomain();
    return DIRECTORIES.some((name) => equal(name, aid)) ? emv(aid) : payment.get(hex(aid));
  };
  return {
    byName,
    byAnswer(aid, answer) {
      const { name = aid, proprietary } = readFci(answer);
      const has = (tags: ReadonlySet<number>) => proprietary.some((o) => tags.has(o.tag));
      const known = byName(name);
      if (known !== undefined) return known;
      if (has(EMV_OBJECTS)) return emv(name);
      return has(DOMAIN_OBJECTS) ? createDomain() : otherApplication;
    },
  };
}

function readFci(answer: Bytes): { name?: Bytes; proprietary: readonly Tlv[] } {
  try {
    const { children = [] } = decodeTlv(answer, { padding: true, repeatable: new Set([0x06, 0x61, 0x64]) });
    const name = children.find((o) => o.tag === 0x84)?.value;
    const proprietary = children.find((o) => o.tag === 0xa5)?.children ?? [];
    return name === undefined ? { proprietary } : { name, proprietary };
  } catch (error) {
    if (error instanceof SokkinError) return { proprietary: [] };
    throw error;
  }
}
