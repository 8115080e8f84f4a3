/** Which certificate may speak for which. */
import { epochOfIso, SokkinError } from '@sokkin/codec';
import {
  ASSURANCE,
  assembleCertificate,
  type Certificate,
  type ChainVerdict,
  checkChain,
  checkLink,
  issueCertificate,
  parseCertificate,
  ROLE,
  type Role,
  verifyChain,
  verifyLink,
  verifyRoot,
} from '@sokkin/crypto';
import { nodeCrypto } from '@sokkin/node';
import { malleated } from '@sokkin/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { DAY, fieldsOf, makePki, type Pki, ref } from './certificates.ts';

const crypto = nodeCrypto();
const NOW = { epoch: DAY.now };
const PURSES = { ...NOW, roles: [ROLE.purse, ROLE.issuerPurse] };
let pki: Pki;

beforeAll(async () => {
  pki = await makePki(crypto);
});

describe('a whole chain', () => {
  it('is believed', async () => {
    expect(await verifyRoot(crypto, pki.root)).toBe('ok');
    expect(await verifyLink(crypto, pki.root, pki.issuer, NOW)).toBe('ok');
    expect(await verifyLink(crypto, pki.issuer, pki.purse, NOW)).toBe('ok');
    expect(await verifyChain(crypto, pki.root, pki.issuer, pki.purse, PURSES)).toBe('ok');
  });

  it('with a single byte of any certificate flipped is never believed', async () => {
    const { root, issuer, purse } = pki;
    const seen = { refused: 0, verdicts: new Set<ChainVerdict>() };
    async function attack(certificate: Certificate, verify: (forged: Certificate) => Promise<ChainVerdict>) {
      for (let at = 0; at < certificate.bytes.length; at++) {
        for (const bits of [0x01, 0x80, 0xff]) {
          const bytes = Uint8Array.from(certificate.bytes);
          bytes[at] = (bytes[at] ?? 0) ^ bits;
          let forged: Certificate;
          try {
            forged = parseCertificate(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(SokkinError);
            seen.refused++;
            continue;
          }
          const verdict = await verify(forged);
          expect(verdict, `byte ${at} ^ ${bits}`).not.toBe('ok');
          seen.verdicts.add(verdict);
        }
      }
    }
    await attack(purse, (forged) => verifyChain(crypto, root, issuer, forged, PURSES));
    await attack(issuer, (forged) => verifyChain(crypto, root, forged, purse, PURSES));
    await attack(root, (forged) => verifyRoot(crypto, forged));
    expect(seen.refused).toBeGreaterThan(0);
    expect(seen.verdicts).toContain('bad_signature');
    expect(seen.verdicts).toContain('wrong_issuer');
  });

  it('with a malleated signature is believed: it is the same certificate, in other bytes', async () => {
    const twin = assembleCertificate(pki.purse.body, malleated(pki.purse.signature));
    expect(twin.bytes).not.toEqual(pki.purse.bytes);
    expect(await verifyChain(crypto, pki.root, pki.issuer, twin, PURSES)).toBe('ok');
  });

  it('whose issuer key lies off the curve is refused, not thrown over', async () => {
    const publicKey = Uint8Array.from(pki.keys.issuer.publicKey);
    publicKey[64] = (publicKey[64] ?? 0) ^ 1;
    const issuer = await issueCertificate(crypto, pki.keys.root.handle, { ...pki.issuer, publicKey });
    expect(await verifyChain(crypto, pki.root, issuer, pki.purse, PURSES)).toBe('bad_signature');
  });

  it('signed by another root of the same name is refused', async () => {
    const other = await makePki(crypto);
    expect(await verifyChain(crypto, pki.root, other.issuer, other.purse, PURSES)).toBe('bad_signature');
    expect(await verifyChain(crypto, pki.root, pki.issuer, other.purse, PURSES)).toBe('bad_signature');
  });

  it('with the wrong kind of leaf, or no issuer in its middle, is refused', async () => {
    const { root, issuer, purse } = pki;
    const grants = { ...NOW, roles: [ROLE.authority] };
    expect(await verifyChain(crypto, root, issuer, purse, grants)).toBe('wrong_role');
    expect(await verifyChain(crypto, root, root, issuer, { ...NOW, roles: [ROLE.issuer] })).toBe(
      'wrong_role',
    );
    expect(await verifyChain(crypto, root, root, root, { ...NOW, roles: [ROLE.root] })).toBe('wrong_role');
    expect(await verifyChain(crypto, issuer, issuer, purse, PURSES)).toBe('wrong_issuer');
    expect(await verifyChain(crypto, root, purse, purse, PURSES)).toBe('wrong_issuer');
  });

  it('looks at no signature before every free rule holds', async () => {
    let verifications = 0;
    const counting = {
      ...crypto,
      verify: (...input: Parameters<typeof crypto.verify>) => {
        verifications++;
        return crypto.verify(...input);
      },
    };
    const late = { ...PURSES, epoch: DAY.to + 1 };
    expect(await verifyChain(counting, pki.root, pki.issuer, pki.purse, late)).toBe('expired');
    expect(verifications).toBe(0);
    await verifyChain(counting, pki.root, pki.issuer, pki.purse, PURSES);
    expect(verifications).toBe(2);
  });

  it('after expiry is believed by whoever does not ask the day, as receipts need', async () => {
    const { root, issuer, purse } = pki;
    const verdictOn = (epoch: number | undefined) =>
      verifyChain(crypto, root, issuer, purse, { roles: [ROLE.purse], epoch });
    expect(await verdictOn(DAY.to)).toBe('ok');
    expect(await verdictOn(DAY.to + 1)).toBe('expired');
    expect(await verdictOn(undefined)).toBe('ok');
    expect(await verdictOn(epochOfIso('2001-01-01'))).toBe('ok'); // a card's clock may be behind
  });
});

describe('the rules of one link', () => {
  /** A certificate that was never signed: checkLink does not look. */
  function unsigned(change: Parameters<typeof fieldsOf>[0]): Certificate {
    const signature = new Uint8Array(64);
    return { ...fieldsOf(change), bytes: new Uint8Array(218), body: new Uint8Array(147), signature };
  }
  const issuer = unsigned({
    role: ROLE.issuer,
    assurance: ASSURANCE.none,
    issuerRef: ref(1),
    subjectRef: ref(2),
  });

  it('hold one for one', () => {
    const table: [Parameters<typeof fieldsOf>[0], ReturnType<typeof checkLink>][] = [
      [{}, 'ok'],
      [{ issuerRef: ref(3) }, 'wrong_issuer'],
      [{ role: ROLE.issuer }, 'wrong_role'],
      [{ currency: 0x0840 }, 'wrong_currency'],
      [{ suite: 0x02 }, 'wrong_suite'],
      [{ expiration: DAY.now }, 'ok'],
      [{ expiration: DAY.now - 1 }, 'expired'],
      [{ effective: DAY.now + 1 }, 'ok'],
      [{ expiration: DAY.to + 1 }, 'outside_issuer_validity'],
      // Two rules broken: the earlier one names the verdict.
      [{ issuerRef: ref(3), expiration: DAY.from }, 'wrong_issuer'],
      [{ currency: 0x0840, expiration: DAY.from }, 'wrong_currency'],
    ];
    for (const [change, verdict] of table) {
      expect(checkLink(issuer, unsigned(change), NOW), JSON.stringify(change)).toBe(verdict);
    }
    const outlasting = unsigned({ expiration: DAY.to + 1 });
    expect(checkLink(issuer, outlasting, { epoch: undefined })).toBe('outside_issuer_validity');
    expect(checkLink(issuer, unsigned({ expiration: DAY.from }), { epoch: undefined })).toBe('ok');
  });

  it('let these roles certify these, and no others', () => {
    const names = Object.keys(ROLE) as (keyof typeof ROLE)[];
    const allowed: Partial<Record<keyof typeof ROLE, (keyof typeof ROLE)[]>> = {
      root: ['root', 'issuer'],
      issuer: ['authority', 'purse', 'issuerPurse'],
    };
    for (const parentName of names) {
      for (const childName of names) {
        const parent = unsigned({ role: ROLE[parentName] as Role, subjectRef: ref(2) });
        const verdict = checkLink(parent, unsigned({ role: ROLE[childName] as Role }), NOW);
        const expected = allowed[parentName]?.includes(childName) ? 'ok' : 'wrong_role';
        expect(verdict, `${parentName} certifies ${childName}`).toBe(expected);
      }
    }
  });

  it('let a root certify itself, and no other root of its name', async () => {
    const { root } = pki;
    expect(checkLink(root, root, NOW)).toBe('ok');
    const heir = await issueCertificate(crypto, pki.keys.root.handle, {
      ...root,
      publicKey: pki.keys.leaf.publicKey,
    });
    expect(checkLink(root, heir, NOW)).toBe('wrong_role');
    expect(checkChain(root, heir, pki.issuer, { ...NOW, roles: [ROLE.issuer] })).toBe('wrong_role');
  });
});

describe('a root', () => {
  it('is one by its role, its own signature, and the day if asked', async () => {
    expect(await verifyRoot(crypto, pki.issuer)).toBe('wrong_role');
    expect(await verifyRoot(crypto, pki.root, { epoch: DAY.to + 1 })).toBe('expired');
    const stolen = await issueCertificate(crypto, pki.keys.leaf.handle, pki.root);
    expect(await verifyRoot(crypto, stolen)).toBe('bad_signature');
  });
});
