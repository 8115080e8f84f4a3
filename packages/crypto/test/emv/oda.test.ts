/** Offline data authentication: published certificates and signatures, our own, and every kind of damage. */
import { createHash } from 'node:crypto';
import { type Bytes, concat, epochOfIso, fromHex, hex, tlv } from '@sokkin/codec';
import {
  answerWithoutSignature,
  type CdaTransaction,
  caKeyChecksum,
  decipherPin,
  encipherPin,
  issueIccCertificate,
  issueIssuerCertificate,
  pinBlock,
  pinOfBlock,
  type RsaSigner,
  type RsaVerifier,
  recoverIccKey,
  recoverIssuerKey,
  rsaPublicOperation,
  signCda,
  signDda,
  signStaticData,
  staticDataToAuthenticate,
  verifyCda,
  verifyDda,
  verifyStaticData,
} from '@sokkin/crypto';
import { nodeRsa } from '@sokkin/node';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { bitTurned, exactly, node, vectors } from './support.ts';

interface CardVector {
  source: string;
  rid: string;
  index: number;
  pan: string;
  issuer: {
    certificate: string;
    remainder: string;
    exponent: string;
    identifier: string;
    expiry: string;
    serial: string;
    modulus: string;
  };
  icc: {
    certificate: string;
    remainder: string;
    exponent: string;
    pan: string;
    expiry: string;
    serial: string;
    modulus: string;
    hash: string;
  };
  staticSignature?: { signature: string; dataAuthenticationCode: string; hash: string };
  dynamicSignature?: {
    signature: string;
    unpredictableNumber: string;
    dynamicNumber: string;
    information: string;
    cryptogram: string;
    transactionHash: string;
    hash: string;
  };
}
interface OdaVectors {
  caKeys: { rid: string; index: number; modulus: string; exponent: string; checksum: string }[];
  cards: CardVector[];
}

const oda = vectors<OdaVectors>('oda');
const rsa = nodeRsa();
const bigint: RsaVerifier = { publicOperation: rsaPublicOperation };
const VERIFIERS: (readonly [string, RsaVerifier])[] = [
  ['node:crypto', rsa],
  ['BigInt', bigint],
];
/** Signs nothing: what it gives is the block itself, to be compared with what a published signature holds. */
const blocks: RsaSigner = { privateOperation: (_, input) => input };
const NONE = new Uint8Array(0);

const certified = (c: { certificate: string; remainder: string; exponent: string }) => ({
  certificate: fromHex(c.certificate),
  remainder: fromHex(c.remainder),
  exponent: fromHex(c.exponent),
});

function caOf(v: { rid: string; index: number }) {
  const key = oda.caKeys.find((k) => k.rid === v.rid && k.index === v.index);
  if (key === undefined) throw new Error('the vector names a CA key that is not there');
  return {
    rid: fromHex(key.rid),
    index: key.index,
    modulus: fromHex(key.modulus),
    exponent: fromHex(key.exponent),
  };
}

describe('published', () => {
  it.each(oda.caKeys)('checksum of the CA key $rid $index', (v) => {
    expect(hex(caKeyChecksum(caOf(v)))).toBe(v.checksum);
  });

  describe.each(VERIFIERS)('under %s', (_, verifier) => {
    it.each(oda.cards)('issuer certificate: $source', (v) => {
      const context = { pan: v.pan, today: epochOfIso('2022-01-01') };
      const found = recoverIssuerKey(verifier, caOf(v), certified(v.issuer), context);
      expect(found).toMatchObject({
        verdict: 'authentic',
        fields: {
          issuerIdentifier: v.issuer.identifier,
          expiry: v.issuer.expiry,
          serial: fromHex(v.issuer.serial),
        },
      });
      if (found.verdict === 'authentic') expect(hex(found.key.modulus)).toBe(v.issuer.modulus);
    });

    it.each(oda.cards)(
      'what the card signed of its own, but for data that is not published: $source',
      (v) => {
        const issuerKey = { modulus: fromHex(v.issuer.modulus), exponent: fromHex(v.issuer.exponent) };
        const context = { pan: v.pan, today: epochOfIso('2022-01-01') };
        const icc = recoverIccKey(verifier, issuerKey, certified(v.icc), NONE, context);
        expect(icc.verdict).toBe('bad-hash');
        if (v.staticSignature !== undefined) {
          const signature = fromHex(v.staticSignature.signature);
          expect(verifyStaticData(verifier, issuerKey, signature, NONE).verdict).toBe('bad-hash');
        }
      },
    );
  });

  // Signing is deterministic: the block that we would sign is the one in the published signature.
  it.each(oda.cards)('the blocks that we sign are those: $source', async (v) => {
    const ca = caOf(v);
    const issuerKey = { modulus: fromHex(v.issuer.modulus), exponent: fromHex(v.issuer.exponent) };
    const iccKey = { modulus: fromHex(v.icc.modulus), exponent: fromHex(v.icc.exponent) };
    const issued = await issueIssuerCertificate(
      blocks,
      { handle: NONE, modulusLength: ca.modulus.length },
      { issuerIdentifier: v.issuer.identifier, expiry: v.issuer.expiry, serial: fromHex(v.issuer.serial) },
      issuerKey,
    );
    const block = (key: typeof issuerKey, signature: string): string =>
      hex(rsa.publicOperation(key, fromHex(signature)) ?? NONE);
    expect(hex(issued.certificate)).toBe(block(ca, v.issuer.certificate));
    expect(hex(issued.remainder)).toBe(v.issuer.remainder);
    const card = await issueIccCertificate(
      blocks,
      { handle: NONE, modulusLength: issuerKey.modulus.length },
      { pan: v.icc.pan, expiry: v.icc.expiry, serial: fromHex(v.icc.serial) },
      iccKey,
      NONE,
    );
    // But for the hash over static data that the source does not show: 20 bytes and the trailer.
    const withoutHash = (text: string): string => text.slice(0, -42);
    const published = block(issuerKey, v.icc.certificate);
    expect(withoutHash(hex(card.certificate))).toBe(withoutHash(published));
    expect(published.slice(-42)).toBe(`${v.icc.hash}bc`);
    expect(hex(card.remainder)).toBe(v.icc.remainder);
    if (v.staticSignature !== undefined) {
      const issuer = { handle: NONE, modulusLength: issuerKey.modulus.length };
      const signed = await signStaticData(
        blocks,
        issuer,
        fromHex(v.staticSignature.dataAuthenticationCode),
        NONE,
      );
      expect(withoutHash(hex(signed))).toBe(withoutHash(block(issuerKey, v.staticSignature.signature)));
    }
  });

  it.each(oda.cards.filter((v) => v.dynamicSignature !== undefined))('CDA: $source', (v) => {
    const d = v.dynamicSignature;
    if (d === undefined) return;
    const key = { modulus: fromHex(v.icc.modulus), exponent: fromHex(v.icc.exponent) };
    const unpredictableNumber = fromHex(d.unpredictableNumber);
    const transaction = { pdolData: NONE, cdol1Data: NONE, answer: NONE };
    const seen = { information: Number.parseInt(d.information, 16), unpredictableNumber, transaction };
    const signature = fromHex(d.signature);
    for (const [, verifier] of VERIFIERS) {
      // The hash over number and dynamic data is right; the transaction behind it is not published.
      expect(verifyCda(verifier, key, signature, seen).verdict).toBe('wrong-transaction');
      const other = { ...seen, unpredictableNumber: bitTurned(unpredictableNumber, 5) };
      expect(verifyCda(verifier, key, signature, other).verdict).toBe('bad-hash');
      expect(verifyCda(verifier, key, signature, { ...seen, information: 0x80 }).verdict).toBe(
        'wrong-information',
      );
      // As DDA the same signature is authentic: its hash is over the same data.
      const dda = verifyDda(verifier, key, signature, unpredictableNumber);
      expect(dda.verdict === 'authentic' ? hex(dda.dynamicNumber) : dda.verdict).toBe(d.dynamicNumber);
    }
  });
});

const today = epochOfIso('2026-11-22');
const PAN = '541333008902001';

interface Chain {
  ca: { rid: Bytes; index: number; modulus: Bytes; exponent: Bytes; handle: Bytes };
  issuer: {
    modulus: Bytes;
    exponent: Bytes;
    handle: Bytes;
    certified: Awaited<ReturnType<typeof issueIssuerCertificate>>;
  };
  icc: {
    modulus: Bytes;
    exponent: Bytes;
    handle: Bytes;
    certified: Awaited<ReturnType<typeof issueIccCertificate>>;
  };
}

const staticData = fromHex('5a0854133300890200115f2403301231');

async function makeChain(
  bits: readonly [ca: number, issuer: number, icc: number],
  exponent: 3 | 65537,
): Promise<Chain> {
  const [ca, issuer, icc] = await Promise.all(bits.map((b) => rsa.generateRsaKey(b, exponent)));
  if (ca === undefined || issuer === undefined || icc === undefined) throw new Error('three keys');
  const modulusLength = (k: typeof ca): { handle: Bytes; modulusLength: number } => ({
    handle: k.handle,
    modulusLength: k.publicKey.modulus.length,
  });
  const serial = Uint8Array.of(0, 0, 7);
  const issuerFields = { issuerIdentifier: '541333', expiry: '1230', serial };
  const iccFields = { pan: PAN, expiry: '1130', serial };
  return {
    ca: { rid: fromHex('a000000999'), index: 1, ...ca.publicKey, handle: ca.handle },
    issuer: {
      ...issuer.publicKey,
      handle: issuer.handle,
      certified: await issueIssuerCertificate(rsa, modulusLength(ca), issuerFields, issuer.publicKey),
    },
    icc: {
      ...icc.publicKey,
      handle: icc.handle,
      certified: await issueIccCertificate(rsa, modulusLength(issuer), iccFields, icc.publicKey, staticData),
    },
  };
}

describe.each([
  // Without a remainder, with one in the card's certificate, with one in both, and the largest that there is.
  [[1984, 1152, 768], 3],
  [[1408, 1152, 1152], 65537],
  [[1408, 1408, 1408], 3],
  [[1984, 1984, 1984], 3],
] as const)('a chain of %j bits', (bits, exponent) => {
  let chain: Chain;
  const keyOf = (): { handle: Bytes; modulusLength: number } => ({
    handle: chain.icc.handle,
    modulusLength: chain.icc.modulus.length,
  });
  beforeAll(async () => {
    chain = await makeChain(bits, exponent);
  });

  it('is authentic from the CA to the card', () => {
    for (const [, verifier] of VERIFIERS) {
      const issuer = recoverIssuerKey(verifier, chain.ca, chain.issuer.certified, { pan: PAN, today });
      if (issuer.verdict !== 'authentic') throw new Error(issuer.verdict);
      expect(hex(issuer.key.modulus)).toBe(hex(chain.issuer.modulus));
      const icc = recoverIccKey(verifier, issuer.key, chain.icc.certified, staticData, { pan: PAN, today });
      if (icc.verdict !== 'authentic') throw new Error(icc.verdict);
      expect(hex(icc.key.modulus)).toBe(hex(chain.icc.modulus));
      expect(icc.fields).toMatchObject({ pan: PAN, expiry: '1130' });
    }
  });

  it('with any bit of any part changed, is not (fuzz)', () => {
    const part = fc.constantFrom('certificate' as const, 'remainder' as const, 'exponent' as const);
    fc.assert(
      fc.property(part, fc.nat(), (which, at) => {
        const change = (c: Chain['icc']['certified']) =>
          c[which].length === 0
            ? { ...c, [which]: Uint8Array.of(at) }
            : { ...c, [which]: bitTurned(c[which], at) };
        const issuer = recoverIssuerKey(rsa, chain.ca, change(chain.issuer.certified), { pan: PAN, today });
        expect(issuer.verdict).not.toBe('authentic');
        const icc = recoverIccKey(rsa, chain.issuer, change(chain.icc.certified), staticData, {
          pan: PAN,
          today,
        });
        expect(icc.verdict).not.toBe('authentic');
        const other = recoverIccKey(rsa, chain.issuer, chain.icc.certified, bitTurned(staticData, at), {
          pan: PAN,
          today,
        });
        expect(other.verdict).toBe('bad-hash');
      }),
      { numRuns: 60 },
    );
  });

  it('signs static data, a challenge, and a cryptogram with its transaction', async () => {
    const issuerKey = { handle: chain.issuer.handle, modulusLength: chain.issuer.modulus.length };
    const code = fromHex('dac0');
    const ssad = await signStaticData(rsa, issuerKey, code, staticData);
    const authentic = { verdict: 'authentic', dataAuthenticationCode: code };
    expect(verifyStaticData(bigint, chain.issuer, ssad, staticData)).toEqual(authentic);

    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 2, maxLength: 8 }),
        exactly(4),
        exactly(8),
        fc.constantFrom(0x00, 0x40, 0x80),
        fc.nat(),
        async (dynamicNumber, unpredictableNumber, cryptogram, information, at) => {
          const dda = await signDda(rsa, keyOf(), dynamicNumber, unpredictableNumber);
          expect(verifyDda(rsa, chain.icc, dda, unpredictableNumber)).toEqual({
            verdict: 'authentic',
            dynamicNumber,
          });
          expect(verifyDda(rsa, chain.icc, bitTurned(dda, at), unpredictableNumber).verdict).not.toBe(
            'authentic',
          );
          expect(verifyDda(rsa, chain.icc, dda, bitTurned(unpredictableNumber, at)).verdict).toBe('bad-hash');

          const answer = concat(tlv(0x9f27, Uint8Array.of(information)), tlv(0x9f36, fromHex('0001')));
          const transaction: CdaTransaction = {
            pdolData: unpredictableNumber,
            cdol1Data: cryptogram,
            answer,
          };
          const fields = { dynamicNumber, information, cryptogram };
          const cda = await signCda(rsa, keyOf(), fields, transaction, unpredictableNumber);
          const seen = { information, unpredictableNumber, transaction };
          expect(verifyCda(rsa, chain.icc, cda, seen)).toEqual({ verdict: 'authentic', ...fields });
          expect(verifyCda(rsa, chain.icc, bitTurned(cda, at), seen).verdict).not.toBe('authentic');
          for (const changed of [
            { ...transaction, pdolData: bitTurned(unpredictableNumber, at) },
            { ...transaction, answer: bitTurned(answer, at) },
            { ...transaction, cdol2Data: Uint8Array.of(at) },
          ]) {
            const verdict = verifyCda(rsa, chain.icc, cda, { ...seen, transaction: changed }).verdict;
            expect(verdict).toBe('wrong-transaction');
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  it('takes an enciphered PIN for its own number only', async () => {
    const [number, other] = [node.randomBytes(8), node.randomBytes(8)];
    const enciphered = encipherPin(bigint, chain.icc, pinBlock('1234'), number, node.randomBytes) ?? NONE;
    const plain = await decipherPin(rsa, chain.icc, enciphered, number);
    expect(pinOfBlock(plain ?? NONE)).toBe('1234');
    expect(await decipherPin(rsa, chain.icc, enciphered, other)).toBeUndefined();
    expect(await decipherPin(rsa, chain.icc, bitTurned(enciphered, 77), number)).toBeUndefined();
    expect(await decipherPin(rsa, chain.icc, enciphered.subarray(1), number)).toBeUndefined();
    expect(
      await decipherPin(rsa, chain.icc, new Uint8Array(enciphered.length).fill(0xff), number),
    ).toBeUndefined();
  });
});

describe('each check of the book names its verdict', () => {
  let chain: Chain;
  const issuerHandle = () => ({ handle: chain.issuer.handle, modulusLength: chain.issuer.modulus.length });
  beforeAll(async () => {
    chain = await makeChain([1152, 1024, 768], 3);
  });

  /** A certificate with one byte of the signed block changed, signed anew by the CA, with a right hash or not. */
  function resigned(at: number, value: number, rehash: boolean): Chain['issuer']['certified'] {
    const c = chain.issuer.certified;
    const block = Uint8Array.from(rsa.publicOperation(chain.ca, c.certificate) ?? NONE);
    block[at < 0 ? block.length + at : at] = value;
    if (rehash) {
      const end = block.length - 21;
      block.set(sha1Of(concat(block.subarray(1, end), c.remainder, c.exponent)), end);
    }
    return { ...c, certificate: rsa.privateOperation(chain.ca.handle, block) };
  }

  it.each([
    ['bad-trailer', -1, 0xbd, false],
    ['bad-header', 0, 0x6b, false],
    ['bad-format', 1, 0x04, true],
    ['unknown-hash', 11, 0x02, true],
    ['bad-hash', -2, 0x00, false],
    ['wrong-issuer', 2, 0x99, true],
    ['expired', 7, 0x20, true],
    ['expired', 6, 0x13, true],
    ['unknown-algorithm', 12, 0x02, true],
    ['bad-key', 13, 0x7f, true],
    ['bad-key', 14, 0x03, true],
  ] as const)('%s', (verdict, at, value, rehash) => {
    const found = recoverIssuerKey(rsa, chain.ca, resigned(at, value, rehash), { pan: PAN, today });
    expect(found.verdict).toBe(verdict);
  });

  it('bad-length', () => {
    const c = chain.issuer.certified;
    for (const certificate of [
      c.certificate.subarray(1),
      new Uint8Array(c.certificate.length).fill(0xff),
      NONE,
    ]) {
      const found = recoverIssuerKey(rsa, chain.ca, { ...c, certificate }, { pan: PAN, today });
      expect(found.verdict).toBe('bad-length');
    }
  });

  it('another exponent than the books know is bad-key', async () => {
    const ca = { handle: chain.ca.handle, modulusLength: chain.ca.modulus.length };
    const fields = { issuerIdentifier: '541333', expiry: '1230', serial: Uint8Array.of(0, 0, 8) };
    for (const exponent of ['01', '05', '000003', '01000001']) {
      const key = { modulus: chain.issuer.modulus, exponent: fromHex(exponent) };
      const c = await issueIssuerCertificate(rsa, ca, fields, key);
      expect(recoverIssuerKey(rsa, chain.ca, c, { pan: PAN, today }).verdict).toBe('bad-key');
    }
  });

  it('a signature of DDA is no CDA: bad-dynamic-data', async () => {
    const key = { handle: chain.icc.handle, modulusLength: chain.icc.modulus.length };
    const unpredictableNumber = fromHex('01020304');
    const dda = await signDda(rsa, key, fromHex('0102'), unpredictableNumber);
    const seen = {
      information: 0xbb,
      unpredictableNumber,
      transaction: { pdolData: NONE, cdol1Data: NONE, answer: NONE },
    };
    expect(verifyCda(rsa, chain.icc, dda, seen).verdict).toBe('bad-dynamic-data');
  });

  it('an enciphered PIN begins with 7F', async () => {
    const number = fromHex('0102030405060708');
    const blockWith = (header: number): Bytes => {
      const plain = concat(
        Uint8Array.of(header),
        pinBlock('1234'),
        number,
        new Uint8Array(chain.icc.modulus.length - 17),
      );
      return rsa.publicOperation(chain.icc, plain) ?? NONE;
    };
    expect(pinOfBlock((await decipherPin(rsa, chain.icc, blockWith(0x7f), number)) ?? NONE)).toBe('1234');
    expect(await decipherPin(rsa, chain.icc, blockWith(0x7e), number)).toBeUndefined();
  });

  it('revoked, and which certificate that was', () => {
    const asked: string[] = [];
    const isRevoked = (ca: { index: number }, serial: Bytes): boolean => {
      asked.push(`${ca.index} ${hex(serial)}`);
      return true;
    };
    const context = { pan: PAN, today, isRevoked };
    expect(recoverIssuerKey(rsa, chain.ca, chain.issuer.certified, context).verdict).toBe('revoked');
    expect(asked).toEqual(['1 000007']);
  });

  it('a certificate holds to the last day of its month', () => {
    const verdictOn = (day: string): string =>
      recoverIccKey(rsa, chain.issuer, chain.icc.certified, staticData, { pan: PAN, today: epochOfIso(day) })
        .verdict;
    expect([verdictOn('2030-11-30'), verdictOn('2030-12-01')]).toEqual(['authentic', 'expired']);
  });

  it('another PAN is wrong-pan, for the issuer only if it is another issuer', () => {
    const other = `${PAN.slice(0, -1)}9`;
    const at = { pan: other, today };
    expect(recoverIccKey(rsa, chain.issuer, chain.icc.certified, staticData, at).verdict).toBe('wrong-pan');
    expect(recoverIssuerKey(rsa, chain.ca, chain.issuer.certified, at).verdict).toBe('authentic');
  });

  it('a certificate of one kind is bad-format as another', async () => {
    const c = chain.icc.certified;
    expect(verifyStaticData(rsa, chain.issuer, c.certificate, staticData).verdict).toBe('bad-format');
    const ssad = await signStaticData(rsa, issuerHandle(), fromHex('0000'), staticData);
    const asKey = recoverIccKey(rsa, chain.issuer, { ...c, certificate: ssad }, staticData, {
      pan: PAN,
      today,
    });
    expect(asKey.verdict).toBe('bad-format');
  });

  it('dynamic data whose lengths lie is bad-dynamic-data', () => {
    const key = { handle: chain.icc.handle, modulusLength: chain.icc.modulus.length };
    const sealed = (...head: number[]): Bytes => {
      const data = new Uint8Array(key.modulusLength - 22).fill(0xbb);
      data.set([0x05, 0x01, ...head]);
      const block = concat(Uint8Array.of(0x6a), data, sha1Of(data), Uint8Array.of(0xbc));
      return rsa.privateOperation(key.handle, block);
    };
    for (const head of [[0xff], [0x05, 0x09], [0x00], [0x03, 0x08], [0x02, 0x01]])
      expect(verifyDda(rsa, chain.icc, sealed(...head), NONE).verdict).toBe('bad-dynamic-data');
  });
});

describe('static data to be authenticated', () => {
  const record = fromHex('70045a020102');
  const aip = fromHex('1980');

  it('takes the value of a template up to SFI 10, and all of a record above', () => {
    const low = staticDataToAuthenticate([{ sfi: 1, record }], undefined, aip);
    expect(low.verdict === 'collected' && hex(low.data)).toBe('5a020102');
    const high = staticDataToAuthenticate(
      [
        { sfi: 11, record },
        { sfi: 10, record },
      ],
      fromHex('82'),
      aip,
    );
    expect(high.verdict === 'collected' && hex(high.data)).toBe('70045a0201025a0201021980');
  });

  it('refuses a record that is no template, and a tag list of anything but the interchange profile', () => {
    for (const bad of ['77045a020102', '70045a0201', '', '7004 5a020102 7000'])
      expect(staticDataToAuthenticate([{ sfi: 2, record: fromHex(bad) }], undefined, aip).verdict).toBe(
        'bad-record',
      );
    for (const bad of ['8282', '9f36', '82 5a', '9f'])
      expect(staticDataToAuthenticate([], fromHex(bad), aip).verdict).toBe('bad-tag-list');
  });

  it('takes any bytes (fuzz)', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 30 }),
        fc.uint8Array({ maxLength: 4 }),
        fc.integer({ min: 1, max: 30 }),
        (bytes, list, sfi) => {
          const { verdict } = staticDataToAuthenticate([{ sfi, record: bytes }], list, aip);
          expect(['collected', 'bad-record', 'bad-tag-list']).toContain(verdict);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('an answer without its signature', () => {
  it('keeps all other objects as they came', () => {
    const cid = tlv(0x9f27, Uint8Array.of(0x80));
    const atc = tlv(0x9f36, fromHex('0001'));
    expect(hex(answerWithoutSignature(concat(cid, tlv(0x9f4b, new Uint8Array(96)), atc)))).toBe(
      hex(concat(cid, atc)),
    );
    expect(() => answerWithoutSignature(fromHex('9f27'))).toThrow('TLV');
  });
});

describe('RSA ports', () => {
  it('agree, and answer undefined to what RSA cannot take (fuzz)', async () => {
    const { publicKey, handle } = await rsa.generateRsaKey(1152, 3);
    fc.assert(
      fc.property(exactly(144), (input) => {
        const a = rsa.publicOperation(publicKey, input);
        const b = rsaPublicOperation(publicKey, input);
        expect(a === undefined ? a : hex(a)).toBe(b === undefined ? b : hex(b));
      }),
      { numRuns: 50 },
    );
    const even = { ...publicKey, modulus: publicKey.modulus.map((b, i) => (i === 143 ? b & 0xfe : b)) };
    for (const [, { publicOperation }] of VERIFIERS) {
      expect(publicOperation(publicKey, new Uint8Array(144).fill(0xff))).toBeUndefined();
      expect(publicOperation(publicKey, new Uint8Array(143))).toBeUndefined();
      expect(publicOperation(even, new Uint8Array(144))).toBeUndefined();
      expect(publicOperation({ ...publicKey, exponent: NONE }, new Uint8Array(144))).toBeUndefined();
      expect(publicOperation({ modulus: NONE, exponent: Uint8Array.of(3) }, NONE)).toBeUndefined();
    }
    expect(() => rsa.privateOperation(handle, NONE)).toThrow('Bug:');
    expect(() => rsa.privateOperation(NONE, NONE)).toThrow('not an RSA private key');
  });
});

function sha1Of(data: Bytes): Bytes {
  return new Uint8Array(createHash('sha1').update(data).digest());
}
