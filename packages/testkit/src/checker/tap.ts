/**
 * A terminal's words to a card: what it says from SELECT to the last cryptogram is one tap.
 *
 * What must hold: after its last cryptogram a transaction gives no other, however often it is asked (else one ATC would
 * stand for two outcomes).
 */
import {
  type Bytes,
  buildDolData,
  type CryptogramType,
  decodeIad,
  decodeTlv,
  decodeTlvs,
  encodeN,
  hex,
  type ResponseApdu,
  SW,
  tlv,
} from '@sokkin/codec';
import { CLA } from '@sokkin/purse';
import { APPROVED, CDOL1, CDOL2, CONTROL, DRDOL, issuerApproval, UNABLE } from './payment-card.ts';
import { apduOf, type Say, type Session, selectOf } from './session.ts';
import { Violation } from './violation.ts';

/**
 * - `decline`: the terminal wants no approval, only an AAC (or the card left after GET PROCESSING OPTIONS);
 * - `sell`: it wants a TC at once;
 * - `ask`: it wants an ARQC, and the card leaves before the issuer answers;
 * - `unable`: it wants an ARQC, cannot go online (Y3), and wants a TC all the same;
 * - `online`: it wants an ARQC, and the issuer proves itself and approves;
 * - `recover`: it wants the TC again whose answer it lost.
 */
export const TAP_KINDS = ['decline', 'sell', 'ask', 'unable', 'online', 'recover'] as const;
export type TapKind = (typeof TAP_KINDS)[number];
export const isTapKind = (kind: string): kind is TapKind => TAP_KINDS.some((k) => k === kind);

export interface Sale {
  readonly name: string;
  /** Minor units. */
  readonly amount: bigint;
  /** The terminal's unpredictable number. */
  readonly number: number;
}

/** What an answer to GENERATE AC or RECOVER AC says. */
export interface Cryptogram {
  readonly type: CryptogramType;
  readonly atc: number;
  readonly cryptogram: string;
  /** The card says that it took the amount from its balance. */
  readonly debited: boolean;
}

const TYPES: readonly (CryptogramType | undefined)[] = ['aac', 'tc', 'arqc'];

export function cryptogramIn(data: Bytes): Cryptogram {
  const found = new Map(decodeTlvs(decodeTlv(data).value).map((t) => [t.tag, t.value]));
  const need = (tag: number): Bytes => {
    const value = found.get(tag);
    if (value === undefined) throw new Violation('status', `an answer lacks ${tag.toString(16)}`);
    return value;
  };
  const type = TYPES[(need(0x9f27)[0] ?? 0xff) >> 6];
  if (type === undefined) throw new Violation('status', 'an answer holds no cryptogram of a known type');
  const [hi = 0, lo = 0] = need(0x9f36);
  const debited = decodeIad(CONTROL.iad, need(0x9f10)).debited === true;
  return { type, atc: (hi << 8) | lo, cryptogram: hex(need(0x9f26)), debited };
}

const INS = { processingOptions: 0xa8, generateAc: 0xae, recoverAc: 0xd0 } as const;
const ASK: Readonly<Record<CryptogramType, number>> = { aac: 0x00, tc: 0x40, arqc: 0x80 };
const SELECT = selectOf(CONTROL.aid);
const BEGIN = apduOf(CLA.purse, INS.processingOptions, 0, tlv(0x83, new Uint8Array(0)));
const YEN = Uint8Array.of(0x03, 0x92);
/** Attended, merchant's, offline with online capability (Book 4, Annex A1). */
const TERMINAL_TYPE = Uint8Array.of(0x22);

const valuesOf = ({ amount, number }: Sale): ReadonlyMap<number, Bytes> =>
  new Map([
    [0x9f02, encodeN(String(amount), 6)],
    [0x5f2a, YEN],
    [0x9c, Uint8Array.of(0)],
    [0x9f37, Uint8Array.of(0, 0, number >> 8, number)],
    [0x9f35, TERMINAL_TYPE],
  ]);

function firstAc(sale: Sale, type: CryptogramType): Bytes {
  const values = valuesOf(sale);
  const data = buildDolData(CDOL1, (tag) => values.get(tag));
  return apduOf(CLA.purse, INS.generateAc, ASK[type], data);
}

function secondAc(responseCode: Bytes, proof?: Bytes): Bytes {
  const data = buildDolData(CDOL2, (tag) => (tag === 0x8a ? responseCode : proof));
  return apduOf(CLA.purse, INS.generateAc, ASK.tc, data);
}

function recoverAc(sale: Sale): Bytes {
  const values = valuesOf(sale);
  return apduOf(
    CLA.purse,
    INS.recoverAc,
    0,
    buildDolData(DRDOL, (tag) => values.get(tag)),
  );
}

/** The commands themselves, for whoever says them in another order. */
export const TERMINAL = { select: SELECT, begin: BEGIN, firstAc, secondAc, recoverAc } as const;

function proofFor(purse: number, arqc: ResponseApdu): Bytes {
  const found = decodeTlvs(decodeTlv(arqc.data).value).find((t) => t.tag === 0x9f26);
  return issuerApproval(purse, cryptogramIn(arqc.data).atc, found?.value ?? new Uint8Array(8));
}

/** The tap of this kind for this sale, on the card of this purse. */
export function tapSession(kind: TapKind, purse: number, sale: Sale): Session {
  return {
    key: `${kind} ${purse} ${sale.name} ${sale.amount} ${sale.number}`,
    counts: true,
    async run(say) {
      for (const apdu of [SELECT, BEGIN]) {
        const answer = await say(apdu);
        if (answer.sw !== SW.ok) return answer;
      }
      return converse(say, kind, purse, sale);
    },
    again: ({ sw, data }) =>
      sw === SW.ok && cryptogramIn(data).debited ? tapSession('recover', purse, sale) : undefined,
  };
}

async function converse(say: Say, kind: TapKind, purse: number, sale: Sale): Promise<ResponseApdu> {
  switch (kind) {
    case 'decline':
      return lastAc(say, firstAc(sale, 'aac'));
    case 'sell':
      return lastAc(say, firstAc(sale, 'tc'));
    case 'ask':
      return say(firstAc(sale, 'arqc'));
    case 'unable':
    case 'online': {
      const arqc = await say(firstAc(sale, 'arqc'));
      if (arqc.sw !== SW.ok) return arqc;
      const isOnline = kind === 'online';
      return lastAc(say, isOnline ? secondAc(APPROVED, proofFor(purse, arqc)) : secondAc(UNABLE));
    }
    case 'recover':
      return say(recoverAc(sale));
  }
}

/** A TC or an AAC is the last cryptogram of its transaction: asked once more, the card refuses. */
async function lastAc(say: Say, apdu: Bytes): Promise<ResponseApdu> {
  const answer = await say(apdu);
  if (answer.sw !== SW.ok || cryptogramIn(answer.data).type === 'arqc') return answer;
  if ((await say(apdu)).sw === SW.ok) throw new Violation('I4', 'one transaction gave two cryptograms');
  return answer;
}
