/**
 * What every RSA that a terminal verifies with has to do, in a line for each implementation:
 *
 *     rsaConformance('BigInt', { publicOperation: rsaPublicOperation });
 *
 * What must hold: the contract of `RsaPort.publicOperation`: as long as the modulus, `undefined` for what RSA cannot take,
 * never an exception.
 */
import { type Bytes, concat, fromHex, hex } from '@sokkin/codec';
import type { RsaPublicKey, RsaVerifier } from '@sokkin/crypto';
import { describe, expect, it } from 'vitest';

/** A test key that a scheme publishes, and an issuer's certificate under it (vectors/emv/oda.json has the sources). */
const PUBLISHED = {
  modulus: fromHex(
    'acd2b12302ee644f3f835abd1fc7a6f62cce48ffec622aa8ef062bef6fb8ba8bc68bbf6ab5870eed579bc3973e121303d34841a796d6dcbc41dbf9e52c4609795c0ccf7ee86fa1d5cb041071ed2c51d2202f63f1156c58a92d38bc60bdf424e1776e2bc9648078a03b36fb554375fc53d57c73f5160ea59f3afc5398ec7b67758d65c9bff7828b6b82d4be124a416ab7301914311ea462c19f771f31b3b57336000dff732d3b83de07052d730354d297bec72871dccf0e193f171aba27ee464c6a97690943d59bdabb2a27eb71ceebdafa1176046478fd62fec452d5ca393296530aa3f41927adfe434a2df2ae3054f8840657a26e0fc617',
  ),
  exponent: fromHex('03'),
};
const PUBLISHED_CERTIFICATE = fromHex(
  '665cd65c20deae638c7320ea011e5e2b33fc5070ff7d153d74fe9a01abff0b9587b3779c524577f8a57c19923b39cd3f5ccdd457d360dc2619cdbb94328777bb905e1cb79e280458f60c8c5593efd22d6385512b11b7f2eafe1184cf9066b9b47a0bf832045066359ae465473d31b9f830a6de7d88e969cb456033f8073bec512205920e3dea773d3e36e1f46c2e8bddc423fb675ca1710a3d0a06e9c7570919735190bd6ed65bd5ef92c0416bfe4094ea96a218013838ef337151a8be7222dcf0717399553c4dda16ebabb2dd386a07bdf313d970c1324caab885067691e3ee5e5d8b912799bd53c8e1830237e9ec0a9254d80b2bd3622c',
);
/** Of the issuer's own key: what such a certificate begins and ends with (EMV Book 2, table 6). */
const CERTIFIED =
  'ddd9039acc0bb00e8d6c1a11bd78c055758c5ab4cc6a3735a23ddfcf16a8f7ba72b7060fd4a77a8f6ca5fb4f1130';

/** 1152 bits with the other exponent; the signature is OpenSSL's, over 6A, 142 times 5A, BC. */
const OTHER = {
  modulus: fromHex(
    'b44ce485adcbe7dc4702827d6e7dc12ad815eb803b74d352c19bb1ce4f5b8b20e76ad20e5a5eafc7c2ca0dc34ac5317e7793b0d6f715c8fdfd6414ce35cff7ca8ceb3aa15eef6462ce84e9cbe8eac24b1ec22e132bc40653b53401ca30ae5cf86fcfd504b21b52b490b47241c1e6585268569f96024d7366e4e80a0c8fdae441fd17dff43016cc81b74e3eb220886255',
  ),
  exponent: fromHex('010001'),
};
const OTHER_SIGNATURE = fromHex(
  'b437e01a4d12316ee6bdb0da1ed26263c6521b22e05864a79209a2983fd72bff2605dd2d0198e3ddad13c40229355ecd328be9e717ff94d707c6ca667dc12b45f5653b4d06f6a3c0f282010e4ca0623140e9ae709abe061f3143e1651f47f1c1f8299fb4aac0ff081e46b354473852a49265783150be8860034be703c17f92accf9fd5d3da6876c57564b49cb5f86646',
);

const NONE: Bytes = new Uint8Array(0);
/** The value n as a number of that many bytes. */
const number = (n: number, length: number): Bytes =>
  Uint8Array.from({ length }, (_, i) => (i === length - 1 ? n : 0));

export function rsaConformance(name: string, rsa: RsaVerifier): void {
  describe(`RSA: ${name}`, () => {
    it("recovers an issuer's certificate under a published key of 1984 bits, exponent 3", () => {
      const found = hex(rsa.publicOperation(PUBLISHED, PUBLISHED_CERTIFICATE) ?? NONE);
      expect(found).toHaveLength(2 * 248);
      expect([found.slice(0, 4), found.slice(-2)]).toEqual(['6a02', 'bc']);
      expect(found.slice(30, 30 + CERTIFIED.length)).toBe(CERTIFIED);
    });

    it('takes the exponent 65537', () => {
      const found = rsa.publicOperation(OTHER, OTHER_SIGNATURE);
      expect(hex(found ?? NONE)).toBe(`6a${'5a'.repeat(142)}bc`);
    });

    it('keeps leading zeroes: the answer is as long as the modulus', () => {
      const eight = rsa.publicOperation(PUBLISHED, number(2, 248));
      expect(hex(eight ?? NONE)).toBe(hex(number(8, 248)));
    });

    it('takes 4096 bits', () => {
      const modulus = new Uint8Array(512).fill(0xff);
      const found = rsa.publicOperation({ modulus, exponent: fromHex('03') }, number(3, 512));
      expect(hex(found ?? NONE)).toBe(hex(number(27, 512)));
    });

    const { modulus, exponent } = OTHER;
    const wrong: Record<string, readonly [RsaPublicKey, Bytes]> = {
      'an input above the modulus': [OTHER, new Uint8Array(144).fill(0xff)],
      'the modulus itself': [OTHER, modulus],
      'a shorter input': [OTHER, OTHER_SIGNATURE.subarray(1)],
      'a longer input': [OTHER, concat(NONE, Uint8Array.of(0), OTHER_SIGNATURE)],
      'no input': [OTHER, NONE],
      'an even modulus': [
        { modulus: modulus.map((b, i) => (i === 143 ? b & 0xfe : b)), exponent },
        number(2, 144),
      ],
      'a modulus that begins with zero': [
        { modulus: concat(Uint8Array.of(0), modulus), exponent },
        concat(Uint8Array.of(0), OTHER_SIGNATURE),
      ],
      'no exponent': [{ modulus, exponent: NONE }, OTHER_SIGNATURE],
      'an exponent of zero': [{ modulus, exponent: Uint8Array.of(0) }, OTHER_SIGNATURE],
      'no key': [{ modulus: NONE, exponent: NONE }, NONE],
    };
    for (const [what, [key, input]] of Object.entries(wrong))
      it(`answers undefined to ${what}`, () => {
        expect(rsa.publicOperation(key, input)).toBeUndefined();
      });
  });
}
