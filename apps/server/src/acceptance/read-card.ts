/**
 * Which card, and how it was read: number, sequence, chip data, entry.
 *
 * What must hold: a number that stands in several places is the same in all; what the card signed (amount, currency) is what the
 * message asks for; nothing of it is shown in a refusal.
 */
import {
  type Bytes,
  DE55_TABLES,
  type De55Table,
  de55OfObjects,
  digitsOf,
  type IsoMessage,
  readDe55,
  SokkinError,
} from '@sokkin/codec';
import type { EntryMode } from '@sokkin/issuer';
import { matching, required, tlvsIn, Wrong } from './fields.ts';
import type { CardSaid } from './request.ts';

const TAG = {
  pan: 0x5a,
  track2: 0x57,
  expiry: 0x5f24,
  sequence: 0x5f34,
  amount: 0x9f02,
  currency: 0x5f2a,
} as const;
type Elements = ReadonlyMap<number, Bytes>;

/** 0100 and 0200 have what a cryptogram covers; advices and reversals may. */
export function readCard(message: IsoMessage, table: De55Table): CardSaid {
  const chip = readChip(message, table);
  const track = matching(message, 35, /^\d{12,19}=\d{7,}\d*$/)?.split('=');
  const ofTrack2 = chip === undefined ? undefined : track2Of(chip.get(TAG.track2));
  const ofTag = chip?.get(TAG.pan);
  const numbers = [
    matching(message, 2, /^\d{12,19}$/),
    track?.[0],
    ofTag === undefined ? undefined : digits(ofTag),
    ofTrack2?.[0],
  ].filter((number) => number !== undefined);
  const number = required(numbers[0], 2);
  if (numbers.some((other) => other !== number)) throw new Wrong(2, 'the message names several cards');
  const ofChip = chip?.get(TAG.expiry);
  const expiry =
    matching(message, 14, /^\d{4}$/) ??
    track?.[1]?.slice(0, 4) ??
    (ofChip === undefined ? undefined : digits(ofChip).slice(0, 4));
  return { number, sequence: sequenceOf(message, chip), expiry, chip };
}

function readChip(message: IsoMessage, table: De55Table): Elements | undefined {
  const given = tlvsIn(message, 55);
  if (given === undefined) return undefined;
  try {
    return (given instanceof Uint8Array ? readDe55(table, given) : de55OfObjects(table, given)).elements;
  } catch (error) {
    if (error instanceof SokkinError) throw new Wrong(55, error.message);
    throw error;
  }
}

const digits = (value: Bytes): string => {
  try {
    return digitsOf(value);
  } catch (error) {
    if (error instanceof SokkinError) throw new Wrong(55, 'digits are expected in it');
    throw error;
  }
};

/** Track 2 equivalent data (tag 57): number, D, the rest, F. */
function track2Of(value: Bytes | undefined): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const match = /^(\d{12,19})d(\d{7,})f?$/.exec(Buffer.from(value).toString('hex'));
  if (match === null) throw new Wrong(55, 'its track 2 data is none');
  return match.slice(1);
}

function sequenceOf(message: IsoMessage, chip: Elements | undefined): string {
  const ofField = matching(message, 23, /^0?\d{2}$/)?.slice(-2);
  const element = chip?.get(TAG.sequence);
  const ofChip = element === undefined ? undefined : digits(element).padStart(2, '0');
  if (ofField !== undefined && ofChip !== undefined && ofField !== ofChip)
    throw new Wrong(23, 'the chip tells another sequence number');
  return ofChip ?? ofField ?? '00';
}

/** The cryptogram stands for an amount and a currency: others are somebody else's wish. */
export function assertSigned({ chip }: CardSaid, amount: bigint, currency: string): void {
  if (chip === undefined) return;
  const [signed, unit] = [chip.get(TAG.amount), chip.get(TAG.currency)];
  if (signed !== undefined && BigInt(digits(signed)) !== amount)
    throw new Wrong(4, 'the card was shown another amount', 'amount_invalid');
  if (unit !== undefined && digits(unit).slice(-3) !== currency)
    throw new Wrong(49, 'the card was shown another currency', 'currency_unsupported');
}

/** Field 22 of 1987, its first two digits of three; dialects that pack it may have a zero before. */
const ENTRY_1987: Readonly<Record<string, EntryMode>> = {
  '01': 'manual',
  '02': 'magnetic',
  '05': 'contact',
  '07': 'contactless',
  '10': 'credential_on_file',
  '79': 'manual',
  '80': 'magnetic',
  '81': 'ecommerce',
  '90': 'magnetic',
  '91': 'magnetic',
  '95': 'contact',
};
/** Field 22 of 1993, position 7: 0 to 6 are the standard's, the others those of the networks. */
const ENTRY_1993: Readonly<Record<string, EntryMode>> = {
  '1': 'manual',
  '2': 'magnetic',
  '5': 'contact',
  '6': 'manual',
  '7': 'credential_on_file',
  A: 'magnetic',
  B: 'magnetic',
  C: 'contact',
  F: 'contact',
  M: 'contactless',
  N: 'contactless',
  R: 'ecommerce',
  S: 'ecommerce',
  T: 'ecommerce',
};

export function entryOf(message: IsoMessage, { chip }: CardSaid): EntryMode {
  const is1987 = message.mti.version === '1987';
  const told = matching(message, 22, is1987 ? /^0?\d{3}$/ : /^[0-9A-Z]{12}$/);
  const mode = is1987 ? ENTRY_1987[told?.slice(-3, -1) ?? ''] : ENTRY_1993[told?.charAt(6) ?? ''];
  if (mode !== undefined) return mode;
  // It does not say, or says nothing that is known: then by what it brings.
  if (chip !== undefined) return 'contact';
  return message.fields.has(35) ? 'magnetic' : 'manual';
}

/** The offline approval codes of EMV (Book 4, Annex A6): approved offline; unable to go online, approved offline. */
const APPROVED_OFFLINE: ReadonlySet<string> = new Set(['Y1', 'Y3']);
const TC = 0x40;

export function isOfflineApproval(chip: Elements): boolean {
  const code = chip.get(0x8a);
  if (code !== undefined) return APPROVED_OFFLINE.has(String.fromCharCode(...code));
  return ((chip.get(0x9f27)?.[0] ?? 0) & 0xc0) === TC;
}

export const TABLE = DE55_TABLES;
