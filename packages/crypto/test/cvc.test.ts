/** Certificates: one encoding, read strictly. */
import { type Bytes, concat, epochOfIso, fromHex, hex, SokkinError, tlv } from '@sokkin/codec';
import {
  ASSURANCE,
  assembleCertificate,
  type CertificateFields,
  describeCertificate,
  encodeCertificateBody,
  isPurseRole,
  MAX_CERTIFICATE_LENGTH,
  parseCertificate,
  ROLE,
  type Role,
} from '@sokkin/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY, fieldsOf, ref } from './certificates.ts';

const SIGNATURE = new Uint8Array(64).fill(0xab);
const VALID = assembleCertificate(encodeCertificateBody(fieldsOf({})), SIGNATURE);

/** The certificate of `VALID` by hand, so that the layout is stated twice. */
const BY_HAND = [
  '7F21 81D6',
  '7F4E 818F',
  '5F29 01 00',
  `42 08 ${'02'.repeat(8)}`,
  `7F49 4F 06 0A 04007F00070202020203 86 41 ${'04'.repeat(65)}`,
  `5F20 08 ${'10'.repeat(8)}`,
  '7F4C 0F 06 05 8837830801 53 06 10 01 0392 01 00',
  '5F25 06 020600010001',
  '5F24 06 030001020301',
  `5F37 40 ${'AB'.repeat(64)}`,
].map((line) => line.replaceAll(' ', '').toLowerCase());

function refusal(bytes: Bytes): SokkinError {
  try {
    parseCertificate(bytes);
  } catch (error) {
    if (error instanceof SokkinError) return error;
    throw error;
  }
  throw new Error(`accepted ${hex(bytes)}`);
}

/** The valid certificate with one line of the layout replaced, and lengths made right again. */
function rebuilt(line: number, replacement: string): Bytes {
  const body = BY_HAND.slice(2, 9).map((text, at) => (at + 2 === line ? replacement : text));
  const signature = line === 9 ? replacement : (BY_HAND[9] ?? '');
  const bodyBytes = tlv(0x7f4e, fromHex(body.join('').replaceAll(' ', '')));
  return tlv(0x7f21, bodyBytes, fromHex(signature.replaceAll(' ', '')));
}

describe('a certificate', () => {
  it('is written as the layout says, to the byte', () => {
    expect(hex(VALID.bytes)).toBe(BY_HAND.join(''));
    expect(hex(VALID.body)).toBe(BY_HAND.slice(1, 9).join(''));
  });

  it('is 218 bytes long, always', () => {
    expect(MAX_CERTIFICATE_LENGTH).toBe(218);
    expect(VALID.bytes).toHaveLength(MAX_CERTIFICATE_LENGTH);
    expect(MAX_CERTIFICATE_LENGTH).toBeLessThanOrEqual(224);
  });

  it('comes back from its bytes as it went in (property)', () => {
    const bytes8 = fc.uint8Array({ minLength: 8, maxLength: 8 });
    const day = fc.integer({ min: epochOfIso('2000-01-01'), max: epochOfIso('2099-12-31') });
    const currency = fc.integer({ min: 1, max: 999 }).map((code) => Number.parseInt(String(code), 16));
    const holder = fc.oneof(
      fc.record({
        role: fc.constantFrom(ROLE.issuer, ROLE.authority),
        assurance: fc.constant(ASSURANCE.none),
      }),
      fc.record({
        role: fc.constantFrom(ROLE.purse, ROLE.issuerPurse),
        assurance: fc.constantFrom(ASSURANCE.secureElement, ASSURANCE.tee, ASSURANCE.software),
      }),
    );
    fc.assert(
      fc.property(
        fc.tuple(bytes8, bytes8).filter(([issuer, subject]) => hex(issuer) !== hex(subject)),
        fc.uint8Array({ minLength: 64, maxLength: 64 }),
        fc.uint8Array({ minLength: 64, maxLength: 64 }),
        holder,
        currency,
        fc.nat(255),
        fc.tuple(day, day),
        ([issuerRef, subjectRef], point, signature, who, code, tier, days) => {
          const fields: CertificateFields = {
            issuerRef,
            subjectRef,
            suite: 0x01,
            publicKey: concat(Uint8Array.of(0x04), point),
            ...who,
            currency: code,
            tier,
            effective: Math.min(...days),
            expiration: Math.max(...days),
          };
          const certificate = assembleCertificate(encodeCertificateBody(fields), signature);
          expect(certificate).toMatchObject(fields);
          expect(certificate.signature).toEqual(signature);
          expect(certificate.bytes).toHaveLength(MAX_CERTIFICATE_LENGTH);
          expect(parseCertificate(certificate.bytes)).toEqual(certificate);
        },
      ),
    );
  });

  it('does not change with the buffer it was read from', () => {
    const buffer = Uint8Array.from(VALID.bytes);
    const certificate = parseCertificate(buffer);
    buffer.fill(0);
    expect(certificate).toEqual(VALID);
  });

  it('reads from a Node Buffer in a pool as from any other bytes', () => {
    const certificate = parseCertificate(Buffer.concat([Buffer.alloc(3), VALID.bytes]).subarray(3));
    expect(hex(certificate.bytes)).toBe(hex(VALID.bytes));
  });

  it('describes itself in plain words', () => {
    expect(describeCertificate(VALID)).toBe(
      'purse 1010101010101010 in a secure element, tier 1, currency 392, valid 2026-01-01 to 2030-12-31',
    );
    const root = fieldsOf({ role: ROLE.root, assurance: ASSURANCE.none, currency: 0x0036 });
    expect(describeCertificate(root)).toBe(
      'root authority 1010101010101010, currency 036, valid 2026-01-01 to 2030-12-31',
    );
  });

  it('says which roles hold money', () => {
    const holders = Object.values(ROLE).filter((role: Role) => isPurseRole(role));
    expect(holders).toEqual([ROLE.purse, ROLE.issuerPurse]);
  });
});

describe('a hostile certificate', () => {
  const authorisation = (data: string) =>
    `7F4C ${data.length === 12 ? '0F' : '??'} 06 05 8837830801 53 06 ${data}`;

  // line of the layout, what stands there instead, field the error names, what is wrong
  it.each<[number, string, string, string]>([
    [2, '5F29 01 01', 'profile', 'another profile'],
    [2, '5F29 02 0000', 'profile', 'a longer profile'],
    [2, '', 'profile', 'no profile'],
    [3, `42 07 ${'02'.repeat(7)}`, 'issuerRef', 'a short issuerRef'],
    [3, `42 09 ${'02'.repeat(9)}`, 'issuerRef', 'a long issuerRef'],
    [3, '42 00', 'issuerRef', 'an empty issuerRef'],
    [3, '', 'issuerRef', 'no issuerRef'],
    [3, `5F20 08 ${'02'.repeat(8)}`, 'issuerRef', 'a subjectRef for an issuerRef'],
    [3, `42 08 ${'10'.repeat(8)}`, 'issuerRef', 'a purse that names itself as issuer'],
    [4, `7F49 4F 06 0A 04007F00070202020204 86 41 ${'04'.repeat(65)}`, 'key OID', 'the OID of SHA-384'],
    [4, `7F49 43 86 41 ${'04'.repeat(65)}`, 'key OID', 'no key OID'],
    [4, `7F49 4F 86 41 ${'04'.repeat(65)} 06 0A 04007F00070202020203`, 'key OID', 'the point first'],
    [4, `7F49 4E 06 0A 04007F00070202020203 86 40 ${'04'.repeat(64)}`, 'public point', 'a short point'],
    [4, `7F49 2F 06 0A 04007F00070202020203 86 21 02${'04'.repeat(32)}`, 'body', 'a compressed point'],
    [4, `7F49 4F 06 0A 04007F00070202020203 86 41 06${'04'.repeat(64)}`, 'public point', 'a hybrid point'],
    [4, `7F49 6F 06 0A 04007F00070202020203 86 61 ${'04'.repeat(97)}`, 'public point', 'a point of P-384'],
    [
      4,
      `7F49 52 06 0A 04007F00070202020203 86 41 ${'04'.repeat(65)} 87 01 01`,
      'subjectRef',
      'a cofactor too',
    ],
    [4, '7F49 00', 'body', 'an empty key'],
    [5, `5F20 07 ${'10'.repeat(7)}`, 'subjectRef', 'a short subjectRef'],
    [5, '', 'subjectRef', 'no subjectRef'],
    [6, '7F4C 0F 06 05 8837830802 53 06 100103920100', 'authorisation OID', 'another arc'],
    [6, '7F4C 0E 06 05 8837830801 53 05 1001039201', 'authorisation data', 'a byte too few'],
    [6, '7F4C 10 06 05 8837830801 53 07 10010392010000', 'authorisation data', 'a byte too many'],
    [6, '7F4C 07 06 05 8837830801', 'authorisation data', 'no data'],
    [6, authorisation('000103920100'), 'role', 'role 0'],
    [6, authorisation('040003920100'), 'role', 'an unknown role'],
    [6, authorisation('ff0103920100'), 'role', 'an unknown role'],
    [6, authorisation('100403920100'), 'assurance', 'an unknown assurance'],
    [6, authorisation('100003920100'), 'assurance', 'a purse without assurance'],
    [6, authorisation('110003920100'), 'assurance', "an issuer's purse without assurance"],
    [6, authorisation('020103920100'), 'assurance', 'an issuer with assurance'],
    [6, authorisation('030303920100'), 'assurance', 'an authority with assurance'],
    [6, authorisation('010003920100'), 'issuerRef', 'a root that another issued'],
    [6, authorisation('100100000100'), 'currency', 'currency 000'],
    [6, authorisation('1001039a0100'), 'currency', 'a currency that is no decimal'],
    [6, authorisation('100113920100'), 'currency', 'a currency of four digits'],
    [6, authorisation('100103920101'), 'flags', 'a flag'],
    [6, authorisation('100103920180'), 'flags', 'another flag'],
    [7, '5F25 06 020601030001', 'effective date', 'a thirteenth month'],
    [7, '5F25 06 02060A010001', 'effective date', 'a digit of ten'],
    [7, '5F25 03 260101', 'effective date', 'a packed date'],
    [7, '5F25 06 030101000001', 'effective date', 'a month 10 day 01, after the expiration'],
    [7, '', 'effective date', 'no effective date'],
    [8, '5F24 06 030000020300', 'expiration date', 'a thirtieth of February'],
    [8, '5F24 06 020501020301', 'expiration date', 'an expiration before it began'],
    [8, '5F24 06 030001020301 65 00', 'signature', 'an extension'],
    [8, '', 'expiration date', 'no expiration date'],
    [9, `5F37 3F ${'AB'.repeat(63)}`, 'signature', 'a short signature'],
    [9, `5F37 41 ${'AB'.repeat(65)}`, 'signature', 'a long signature'],
    [9, '', 'signature', 'no signature'],
    [9, `5F38 40 ${'AB'.repeat(64)}`, 'signature', 'another object for the signature'],
    [9, `5F37 3A ${'AB'.repeat(58)} 53 03 000000`, 'signature', 'an object after the signature'],
  ])('line %i as "%s": the error names the %s (%s)', (line, replacement, field) => {
    const error = refusal(rebuilt(line, replacement));
    expect(error.code).toBe('bad_certificate');
    expect(error.message).toContain(field);
  });

  it('with two objects swapped is refused', () => {
    const [a, b] = [BY_HAND[7] ?? '', BY_HAND[8] ?? ''];
    const swapped = hex(VALID.bytes).replace(a + b, b + a);
    expect(refusal(fromHex(swapped)).message).toContain('effective date');
  });

  it('with a length that is not minimal is refused', () => {
    const long = hex(VALID.bytes).replace('7f2181d6', '7f218200d6');
    const error = refusal(fromHex(long));
    expect(error.code).toBe('bad_certificate');
    expect(refusal(fromHex(hex(VALID.bytes).replace('5f290100', '5f29810100'))).code).toBe('bad_certificate');
  });

  it('with any byte missing at its end, or any bytes after it, is refused', () => {
    for (let length = 0; length < VALID.bytes.length; length++) {
      expect(refusal(VALID.bytes.subarray(0, length)).code).toBe('bad_certificate');
    }
    for (const tail of ['00', '9000', hex(VALID.bytes)]) {
      expect(refusal(concat(VALID.bytes, fromHex(tail))).code).toBe('bad_certificate');
    }
  });

  it('of random bytes raises bad_certificate and nothing else (property)', () => {
    const noise = fc.uint8Array({ maxLength: 300 });
    const splice = fc.tuple(fc.nat(217), fc.nat(10), fc.uint8Array({ maxLength: 10 }));
    const mutant = splice.map(([at, removed, put]) =>
      concat(VALID.bytes.subarray(0, at), put, VALID.bytes.subarray(at + removed)),
    );
    fc.assert(
      fc.property(fc.oneof(noise, mutant), (bytes) => {
        try {
          expect(hex(parseCertificate(bytes).bytes)).toBe(hex(bytes));
        } catch (error) {
          expect(error).toMatchObject({ code: 'bad_certificate' });
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('issuing', () => {
  it.each<[string, Partial<CertificateFields>]>([
    ['issuerRef', { issuerRef: new Uint8Array(7) }],
    ['subjectRef', { subjectRef: new Uint8Array(9) }],
    ['issuerRef', { issuerRef: ref(0x10) }],
    ['issuerRef', { role: ROLE.root, assurance: ASSURANCE.none }],
    ['suite', { suite: 0x02 }],
    ['public point', { publicKey: new Uint8Array(64).fill(4) }],
    ['public point', { publicKey: new Uint8Array(65).fill(2) }],
    ['assurance', { assurance: ASSURANCE.none }],
    ['assurance', { role: ROLE.issuer }],
    ['currency', { currency: 0x039a }],
    ['currency', { currency: 0x1392 }],
    ['currency', { currency: -1 }],
    ['tier', { tier: 256 }],
    ['tier', { tier: 0.5 }],
    ['expiration', { effective: DAY.to, expiration: DAY.from }],
    ['bad_certificate', { expiration: epochOfIso('2100-01-01') }],
  ])('refuses a wrong %s: %o', (field, change) => {
    const issuing = () => encodeCertificateBody(fieldsOf(change));
    expect(issuing).toThrow(SokkinError);
    expect(issuing).toThrow(field === 'bad_certificate' ? /year/ : field);
  });

  it('refuses a body or a signature made elsewhere that is not right', () => {
    expect(() => assembleCertificate(VALID.body, SIGNATURE.subarray(1))).toThrow(SokkinError);
    expect(() => assembleCertificate(VALID.body.subarray(1), SIGNATURE)).toThrow(SokkinError);
    expect(() => assembleCertificate(new Uint8Array(0), SIGNATURE)).toThrow(SokkinError);
  });
});
