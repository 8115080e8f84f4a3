/**
 * The message type identifier: four digits for version, class, function and origin.
 *
 * Source: ISO 8583:1987, 4.1 and ISO 8583:1993, 4.1, as public documentation of them agrees.
 *
 * What must hold: every digit has one name and every name one digit, so an MTI that parses writes back to the
 * same digits; reserved digits are refused.
 */
import { assert } from '../errors.ts';
import { PLACE, refuse } from './error.ts';

export type IsoVersion = '1987' | '1993';
export type MtiClass =
  | 'authorisation'
  | 'financial'
  | 'file-action'
  | 'reversal'
  | 'reconciliation'
  | 'administrative'
  | 'fee-collection'
  | 'network-management';
export type MtiFunction = 'request' | 'request-response' | 'advice' | 'advice-response' | 'notification';
export type MtiOrigin =
  | 'acquirer'
  | 'acquirer-repeat'
  | 'issuer'
  | 'issuer-repeat'
  | 'other'
  | 'other-repeat';

export interface Mti {
  readonly version: IsoVersion;
  readonly class: MtiClass;
  readonly function: MtiFunction;
  readonly origin: MtiOrigin;
}

const VERSIONS: readonly IsoVersion[] = ['1987', '1993'];
/** The class of digit 1, of digit 2, ...; 0 and 9 are reserved. */
const CLASSES: readonly MtiClass[] = [
  'authorisation',
  'financial',
  'file-action',
  'reversal',
  'reconciliation',
  'administrative',
  'fee-collection',
  'network-management',
];
const FUNCTIONS: readonly MtiFunction[] = [
  'request',
  'request-response',
  'advice',
  'advice-response',
  'notification',
];
const ORIGINS: readonly MtiOrigin[] = [
  'acquirer',
  'acquirer-repeat',
  'issuer',
  'issuer-repeat',
  'other',
  'other-repeat',
];

/** Every MTI there is, by its digits: parsing is one look-up, and equal MTIs are one object. */
const ALL: ReadonlyMap<string, Mti> = new Map(
  VERSIONS.flatMap((version, v) =>
    CLASSES.flatMap((className, c) =>
      FUNCTIONS.flatMap((functionName, f) =>
        ORIGINS.map((origin, o): [string, Mti] => [
          `${v}${c + 1}${f}${o}`,
          { version, class: className, function: functionName, origin },
        ]),
      ),
    ),
  ),
);

/** The MTI of four digits; `bad_mti` for a reserved one. `offset` is where they stand in a message. */
export function parseMti(digits: string, offset?: number): Mti {
  const mti = ALL.get(digits);
  if (mti !== undefined) return mti;
  const shown = /^\d{4}$/.test(digits) ? `${digits} is reserved` : 'there are no four digits';
  return refuse(
    'bad_mti',
    PLACE.mti,
    offset,
    shown,
    'version 0 or 1, class 1 to 8, function 0 to 4, origin 0 to 5',
  );
}

/** The four digits. */
export function formatMti(mti: Mti): string {
  const indexes = [
    VERSIONS.indexOf(mti.version),
    CLASSES.indexOf(mti.class),
    FUNCTIONS.indexOf(mti.function),
    ORIGINS.indexOf(mti.origin),
  ];
  assert(!indexes.includes(-1), 'an MTI has the names of this table');
  const [v = 0, c = 0, f = 0, o = 0] = indexes;
  return `${v}${c + 1}${f}${o}`;
}

const ANSWER: Readonly<Record<MtiFunction, MtiFunction | undefined>> = {
  request: 'request-response',
  advice: 'advice-response',
  'request-response': undefined,
  'advice-response': undefined,
  notification: undefined,
};
const FIRST_TIME: Readonly<Record<MtiOrigin, MtiOrigin>> = {
  acquirer: 'acquirer',
  'acquirer-repeat': 'acquirer',
  issuer: 'issuer',
  'issuer-repeat': 'issuer',
  other: 'other',
  'other-repeat': 'other',
};

/**
 * The MTI that answers this one; undefined where none does: notifications and responses. The answer to a
 * repeat is the answer to what it repeats: 0401 gets 0410.
 */
export function responseMti(mti: Mti): Mti | undefined {
  const answer = ANSWER[mti.function];
  return answer === undefined ? undefined : { ...mti, function: answer, origin: FIRST_TIME[mti.origin] };
}

/** The same message said for the first time: 0401 is 0400. */
export function firstTime(mti: Mti): Mti {
  return { ...mti, origin: FIRST_TIME[mti.origin] };
}

/** Said again because no answer came: the last digit is odd. */
export function isRepeat(mti: Mti): boolean {
  return FIRST_TIME[mti.origin] !== mti.origin;
}
