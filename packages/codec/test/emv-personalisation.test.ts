import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ApplicationControl,
  ascii,
  CVR_TAG,
  type CvrBit,
  decodeCvr,
  decodeGroupings,
  decodeIad,
  encodeControl,
  encodeCvr,
  encodeGrouping,
  encodeIad,
  encodeIadLayout,
  encodeLimitedUseKey,
  fromHex,
  hex,
  type IadLayout,
  parseControl,
  parseIadLayout,
  parseLimitedUseKey,
  parseRiskLimits,
  readGrouping,
  SokkinError,
} from '../src/index.ts';

/** The layout of the common core definitions (Book 3, Annex C7.2), with our fields where issuers put theirs. */
const COMMON_CORE: IadLayout = [
  { field: 'fixed', bytes: fromHex('0f') },
  { field: 'version' },
  { field: 'keyIndex' },
  { field: 'cvr', length: 5 },
  { field: 'offlineCount' },
  { field: 'keyNumber' },
  { field: 'debited' },
  { field: 'fixed', bytes: fromHex('00000000') },
  { field: 'fixed', bytes: fromHex('0f000000000000000000000000000000') },
];

const CONTROL: ApplicationControl = {
  aid: fromHex('f0534f4b4b494e02'),
  label: ascii('SOKKIN'),
  priority: 1,
  kernel: fromHex('40'),
  cipher: 'tdes',
  sessionKey: 'common',
  padding: 'iso2',
  cryptogramData: [
    { tag: 0x9f02, length: 6 },
    { tag: CVR_TAG, length: 5 },
  ],
  iad: COMMON_CORE,
  keyIndex: 1,
  version: 0xa5,
  arpcMethod: 2,
  scriptFormat: 1,
  scriptMacLength: 8,
  showBalance: true,
  requireIssuerAuthentication: false,
  offline: true,
  limitedUseOnly: false,
};

const bytes = (max = 40) => fc.uint8Array({ maxLength: max });
/** Whatever comes, a value or a SokkinError. */
function holdsOut(parse: (b: Uint8Array) => unknown, input: Uint8Array): void {
  try {
    parse(input);
  } catch (error) {
    expect(error).toBeInstanceOf(SokkinError);
  }
}

describe('data groupings', () => {
  test('read back, short and long', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 0xffff }), bytes(600))), (list) => {
        const groupings = list.map(([dgi, value]) => ({ dgi, value }));
        const stream = Uint8Array.from(groupings.flatMap((g) => [...encodeGrouping(g)]));
        expect(decodeGroupings(stream)).toEqual(groupings);
      }),
    );
  });

  test('one that is cut off anywhere is not whole', () => {
    const whole = encodeGrouping({ dgi: 0x0101, value: new Uint8Array(300) });
    for (let n = 0; n < whole.length; n++) expect(readGrouping(whole.subarray(0, n))).toBeUndefined();
    expect(() => decodeGroupings(whole.subarray(1, 4))).toThrow(SokkinError);
  });
});

describe('card verification results', () => {
  test('bits stand where Book 3, Annex C7.3 has them', () => {
    const bits = new Set<CvrBit>([
      'cdaPerformed',
      'lastOnlineNotCompleted',
      'upperCountExceeded',
      'scriptFailed',
    ]);
    const cvr = { first: 'arqc', second: undefined, pinTriesLeft: 3, scripts: 2, bits } as const;
    expect(hex(encodeCvr(cvr))).toBe('a831402800');
  });

  test('read back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 5, maxLength: 5 }), (raw) => {
        holdsOut((b) => {
          const again = encodeCvr(decodeCvr(b));
          expect(decodeCvr(again)).toEqual(decodeCvr(b));
        }, raw);
      }),
    );
    expect(() => decodeCvr(new Uint8Array(4))).toThrow('5');
  });
});

describe('issuer application data', () => {
  test('the issuer reads what the card wrote, by the layout of the profile', () => {
    const layout = parseIadLayout(encodeIadLayout(COMMON_CORE));
    expect(layout).toEqual(COMMON_CORE);
    const values = {
      keyIndex: 1,
      version: 0xa5,
      cvr: fromHex('a031000000'),
      offlineCount: 4,
      keyNumber: 0x1234,
      debited: true,
    };
    const iad = encodeIad(layout, values);
    expect(hex(iad)).toBe('0fa501a03100000004123401000000000f000000000000000000000000000000');
    expect(decodeIad(layout, iad)).toEqual(values);
    expect(() => decodeIad(layout, iad.subarray(1))).toThrow(SokkinError);
    expect(() =>
      decodeIad(
        layout,
        Uint8Array.from(iad, (b, i) => (i === 0 ? 7 : b)),
      ),
    ).toThrow('fixed');
  });

  test('whatever bytes come as a layout or as data', () => {
    fc.assert(fc.property(bytes(), (b) => holdsOut(parseIadLayout, b)));
    fc.assert(fc.property(bytes(33), (b) => holdsOut((x) => decodeIad(COMMON_CORE, x), b)));
  });
});

describe('application control', () => {
  test('reads back', () => {
    expect(parseControl(encodeControl(CONTROL))).toEqual(CONTROL);
    const other = { ...CONTROL, kernel: new Uint8Array(0), cipher: 'aes', scriptFormat: 2 } as const;
    expect(parseControl(encodeControl(other))).toEqual(other);
  });

  test('one wrong byte is refused or reads as another control, never as an exception of its own', () => {
    const good = encodeControl(CONTROL);
    for (let i = 0; i < good.length; i++) {
      for (const change of [1, 0x80, 0xff]) {
        holdsOut(
          parseControl,
          Uint8Array.from(good, (b, at) => (at === i ? b ^ change : b)),
        );
      }
    }
    fc.assert(fc.property(bytes(200), (b) => holdsOut(parseControl, b)));
  });

  test('limits and limited-use keys', () => {
    expect(parseRiskLimits(Uint8Array.of(3, 5))).toEqual({ lowerCount: 3, upperCount: 5 });
    const key = { number: 7, uses: 10, key: new Uint8Array(16).fill(9) };
    expect(parseLimitedUseKey(encodeLimitedUseKey(key))).toEqual(key);
    expect(() => parseLimitedUseKey(encodeLimitedUseKey({ ...key, key: new Uint8Array(15) }))).toThrow('15');
    fc.assert(fc.property(bytes(), (b) => holdsOut(parseLimitedUseKey, b)));
  });
});
