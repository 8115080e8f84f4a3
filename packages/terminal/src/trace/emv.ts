/**
 * EMV payment applications and their directories (EMV 4.3 Books 1 to 3; docs/spec/card-application.md, section 11).
 *
 * What must hold: PINs are not shown, in plain, enciphered, or in a script; what the terminal sends by a list is
 * named by the list that the card gave.
 */
import {
  type Bytes,
  type DolEntry,
  decodeTlvs,
  describeSw,
  hex,
  parseDol,
  SokkinError,
  SW,
  type Tlv,
} from '@sokkin/codec';
import {
  type Application,
  allOf,
  cut,
  GET_RESPONSE,
  type Header,
  isPinCommand,
  moved,
  range,
  SELECT,
} from './application.ts';
import { dolData, EMV_TAGS, emvValue, LISTS, TAG } from './emv-values.ts';
import { cryptogramOf, elementName } from './emv-words.ts';
import type { Range } from './fields.ts';
import { nameTlvs, type TagTable, tagText } from './tlv.ts';

const INS = {
  cardBlock: 0x16,
  applicationUnblock: 0x18,
  applicationBlock: 0x1e,
  verify: 0x20,
  pinChange: 0x24,
  externalAuthenticate: 0x82,
  getChallenge: 0x84,
  internalAuthenticate: 0x88,
  getProcessingOptions: 0xa8,
  generateAc: 0xae,
  readRecord: 0xb2,
  getData: 0xca,
  recoverAc: 0xd0,
  putData: 0xda,
  updateRecord: 0xdc,
} as const;

const TITLES: ReadonlyMap<number, string> = new Map([
  [INS.cardBlock, 'CARD BLOCK'],
  [INS.applicationUnblock, 'APPLICATION UNBLOCK'],
  [INS.applicationBlock, 'APPLICATION BLOCK'],
  [INS.verify, 'VERIFY'],
  [INS.pinChange, 'PIN CHANGE/UNBLOCK'],
  [0x2c, 'RESET RETRY COUNTER'],
  [INS.externalAuthenticate, 'EXTERNAL AUTHENTICATE'],
  [INS.getChallenge, 'GET CHALLENGE'],
  [INS.internalAuthenticate, 'INTERNAL AUTHENTICATE'],
  [SELECT, 'SELECT'],
  [INS.getProcessingOptions, 'GET PROCESSING OPTIONS'],
  [INS.generateAc, 'GENERATE AC'],
  [INS.readRecord, 'READ RECORD'],
  [GET_RESPONSE, 'GET RESPONSE'],
  [INS.getData, 'GET DATA'],
  [INS.recoverAc, 'RECOVER AC'],
  [INS.putData, 'PUT DATA'],
  [INS.updateRecord, 'UPDATE RECORD'],
]);
/** Class 0C or 8C: the objects of secure messaging, format 1 (Book 2, 9.2). */
const FORMAT_1 = 0x0c;
const FORMAT_2 = 0x04;
const WITH_CDA = 0x10;
const ENCIPHERED_PIN = 0x88;
/** Signed dynamic application data. */
const SIGNED = 0x9f4b;

const SECURED_TAGS: TagTable = {
  name: (tag) => SECURED_NAMES.get(tag),
  value: (tag, value) => EMV_TAGS.value(SECURED_NAMES.has(tag) ? -1 : tag, value),
  repeatable: new Set(),
};
const SECURED_NAMES: ReadonlyMap<number, string> = new Map([
  [0x81, 'plain value'],
  [0x87, 'enciphered value'],
  [0x8e, 'MAC'],
  [0x97, 'expected length'],
  [0x99, 'status'],
]);

const WORDS: ReadonlyMap<number, string> = new Map<number, string>([
  [SW.fileDeactivated, 'the application is blocked'],
  [SW.verificationFailed, 'the issuer could not be authenticated'],
  [SW.securityStatusNotSatisfied, 'the security conditions are not met'],
  [SW.authenticationMethodBlocked, 'the PIN is blocked'],
  [SW.referenceDataNotUsable, 'the PIN cannot be verified now'],
  [SW.conditionsNotSatisfied, 'not in this phase of the transaction'],
  [SW.incorrectSecureMessaging, "the script command's MAC is wrong"],
  [SW.functionNotSupported, 'not supported, or the card is blocked'],
  [SW.fileNotFound, 'no such application or file'],
  [SW.recordNotFound, 'no such record'],
  [SW.referencedDataNotFound, 'no such data element'],
]);

/** A tracer's view of one application, over all its transactions: the lists of the card stay the same. */
export function createEmv(): Application {
  const lists = new Map<number, readonly DolEntry[]>();
  let cryptograms = 0;
  const listOf = (c: Header): readonly DolEntry[] | undefined => {
    switch (c.ins) {
      case INS.generateAc:
        return lists.get(cryptograms === 0 ? TAG.cdol1 : TAG.cdol2);
      case INS.internalAuthenticate:
        return lists.get(TAG.ddol);
      case INS.recoverAc:
        return lists.get(TAG.drdol);
      default:
        return undefined;
    }
  };
  return {
    title(c) {
      if (c.ins !== INS.generateAc) return TITLES.get(c.ins);
      return `${cryptograms === 0 ? 'first' : 'second'} GENERATE AC`;
    },
    parameters,
    secret: (c) => (isPinCommand(c.ins) ? pinWords(c) : undefined),
    data(c, data) {
      switch (c.ins) {
        case SELECT:
          return allOf(data, 'application identifier');
        case INS.getProcessingOptions:
          return nameTlvs(data, commandTemplate(lists.get(TAG.pdol)));
        case INS.externalAuthenticate:
          // With 8 bytes it is ARPC and card status update, or an ARPC alone: the profile knows.
          return data.length === 10
            ? cut(data, [['ARPC', 8], ['response code']])
            : allOf(data, 'issuer authentication data');
        case INS.generateAc:
        case INS.internalAuthenticate:
        case INS.recoverAc:
          return dolData(listOf(c), data);
        default:
          return scriptData(c, data);
      }
    },
    answer: nameAnswer,
    status(_c, sw) {
      const code = sw.toString(16).toUpperCase();
      if ((sw & ~0x0f) === SW.counter) return `wrong PIN, ${triesLeft(sw & 0x0f)} (${code})`;
      const own = WORDS.get(sw);
      return own === undefined ? describeSw(sw) : `${own} (${code})`;
    },
    over(c, answer, sw) {
      if (c.ins === SELECT || c.ins === INS.getProcessingOptions) cryptograms = 0;
      if (sw !== SW.ok && sw !== SW.fileDeactivated) return;
      if (c.ins === INS.generateAc || c.ins === INS.recoverAc) cryptograms++;
      if (c.ins === SELECT || c.ins === INS.readRecord) learn(answer, lists);
    },
  };
}

const triesLeft = (n: number): string => (n === 1 ? 'one try left' : `${n} tries left`);

/** Keeps the lists in what the card answered. */
function learn(answer: Bytes, lists: Map<number, readonly DolEntry[]>): void {
  const visit = (objects: readonly Tlv[]): void => {
    for (const o of objects) {
      if (LISTS.has(o.tag)) lists.set(o.tag, parseDol(o.value));
      visit(o.children ?? []);
    }
  };
  try {
    visit(decodeTlvs(answer, { repeatable: EMV_TAGS.repeatable, padding: true }));
  } catch (error) {
    // A record that does not parse tells no lists; it is shown as not understood.
    if (!(error instanceof SokkinError)) throw error;
  }
}

const commandTemplate = (pdol: readonly DolEntry[] | undefined): TagTable => ({
  ...EMV_TAGS,
  value: (tag, value) => (tag === 0x83 ? dolData(pdol, value) : EMV_TAGS.value(tag, value)),
});

function scriptData(c: Header, data: Bytes): Range[] {
  if ((c.cla & FORMAT_1) === FORMAT_1) return nameTlvs(data, SECURED_TAGS);
  return allOf(data, (c.cla & FORMAT_1) === FORMAT_2 ? 'data and MAC' : 'data');
}

function pinWords({ ins, p2 }: Header): string {
  if (ins !== INS.verify) return 'PIN script (not shown)';
  return p2 === ENCIPHERED_PIN ? 'enciphered PIN (not shown)' : 'PIN (not shown)';
}

function parameters({ ins, p1, p2 }: Header): string {
  switch (ins) {
    case INS.generateAc:
      return `${cryptogramOf(p1)} is asked for${(p1 & WITH_CDA) === 0 ? '' : ', with CDA'}`;
    case INS.readRecord:
    case INS.updateRecord:
      return `record ${p1} of file ${p2 >> 3}`;
    case INS.getData:
    case INS.putData: {
      const tag = (p1 << 8) | p2;
      return `${tagText(tag)} ${elementName(tag) ?? 'unknown element'}`;
    }
    default:
      return '';
  }
}

/** Answers in format 1 (tag 80): the values one after the other, by the command (Book 3, 6.5). */
const FORMAT_1_ANSWERS: ReadonlyMap<number, readonly (readonly [tag: number, length?: number])[]> = new Map([
  [INS.getProcessingOptions, [[0x82, 2], [TAG.afl]]],
  [INS.generateAc, [[0x9f27, 1], [0x9f36, 2], [0x9f26, 8], [TAG.iad]]],
  [INS.internalAuthenticate, [[SIGNED]]],
]);

function nameAnswer(c: Header, answer: Bytes): Range[] {
  if (c.ins === INS.getChallenge) return allOf(answer, 'challenge');
  const isCryptogram = c.ins === INS.generateAc || c.ins === INS.recoverAc;
  return nameTlvs(answer, {
    ...EMV_TAGS,
    value(tag, value) {
      if (tag === 0x80) return format1(c, value);
      if (tag === SIGNED && isCryptogram) return `the cryptogram is inside: ${hex(value)}`;
      return EMV_TAGS.value(tag, value);
    },
  });
}

function format1(c: Header, value: Bytes): string | Range[] {
  let at = 0;
  return (FORMAT_1_ANSWERS.get(c.ins) ?? []).flatMap(([tag, length = value.length - at]) => {
    const [start, end] = [at, Math.min(value.length, at + length)];
    at = end;
    if (start === end) return [];
    const inner = emvValue(tag, value.subarray(start, end));
    const name = `${tagText(tag)} ${elementName(tag)}`;
    if (typeof inner === 'string') return [range(start, end, name, inner)];
    return [range(start, end, name), ...moved(inner, start, 1)];
  });
}
