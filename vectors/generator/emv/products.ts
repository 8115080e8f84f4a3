/**
 * The payment cards of the vectors: their profiles, issuers and keys, and the groupings that make them.
 *
 * What must hold: everything follows from names, from the profiles in packages/issuer and from the test keys beside
 * this file; nothing is random.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EmvPorts, FactoryKeys } from '@sokkin/card';
import { type Bytes, type DataGrouping, epochOfIso, fromHex, hex, utf8 } from '@sokkin/codec';
import {
  diversifyKeys,
  issueIssuerCertificate,
  oddParity,
  type RsaKeyPair,
  type RsaPublicKey,
  sha256,
} from '@sokkin/crypto';
import {
  type CardOrder,
  type CardProfile,
  cardMasterKeys,
  type EmvIssuer,
  type IssuerMasterKeys,
  prepareCard,
  readProfile,
} from '@sokkin/issuer';
import { nodeRsa, nodeSymmetric } from '@sokkin/node';
import { keyOf } from '../people.ts';
import { type Json, showFields } from '../show.ts';
import { PIN } from '../world.ts';
import { keyParts, type TestKey } from './rsa-keys.ts';

export const rsa = nodeRsa();
/** For whoever draws nothing: hosts and issuers. */
export const symmetric = nodeSymmetric();

const secret = (name: string): Bytes => keyOf(name).slice(0, 16);

export interface Source extends EmvPorts {
  /** What was drawn since it was asked last. */
  drawn(): Bytes[];
}

/** The ports of one card. Number n that it draws, from 1 on, is the beginning of SHA-256("sokkin vector random: NAME n"). */
export function cardPorts(name: string): Source {
  let count = 0;
  let drawn: Bytes[] = [];
  const randomBytes = (length: number): Bytes => {
    count += 1;
    const number = sha256(utf8(`sokkin vector random: ${name} ${count}`)).slice(0, length);
    drawn.push(number);
    return number;
  };
  return {
    rsa,
    symmetric: { ...symmetric, randomBytes },
    drawn() {
      const taken = drawn;
      drawn = [];
      return taken;
    },
  };
}

/** From which the keys of every card's security domain come (docs/spec/card-application.md, section 10.7). */
const batchMasterKey = secret('batch of cards');

export function factoryOf(serial: string): FactoryKeys {
  const diversification = fromHex(serial);
  return {
    diversification,
    keys: diversifyKeys(symmetric, batchMasterKey, { diversification, keyVersion: 1 }),
  };
}

export interface Product {
  readonly profile: CardProfile;
  readonly issuer: EmvIssuer;
  readonly order: CardOrder & { readonly key: RsaKeyPair };
  readonly keyName: TestKey;
  readonly groupings: readonly DataGrouping[];
  /** Those of the card, from the issuer's. */
  readonly masterKeys: IssuerMasterKeys;
  readonly factory: FactoryKeys;
}

async function testKey(name: TestKey): Promise<RsaKeyPair> {
  const key = await rsa.importRsaKey(keyParts(name));
  if (key === undefined) throw new Error(`the parts of the ${name} key do not belong together`);
  return key;
}

const profileNamed = (name: string): CardProfile =>
  readProfile(
    readFileSync(join(import.meta.dirname, `../../../packages/issuer/profiles/${name}.json`), 'utf8'),
  );

async function issuerOf({ name, control }: CardProfile): Promise<EmvIssuer> {
  const [ca, key] = [await testKey('ca'), await testKey('issuer')];
  const fields = { issuerIdentifier: '999912', expiry: '1240', serial: fromHex('000001') };
  const signer = { handle: ca.handle, modulusLength: ca.publicKey.modulus.length };
  const master = (purpose: string): Bytes => oddParity(secret(`${name}: ${purpose}`));
  return {
    ca: { ...ca.publicKey, rid: control.aid.slice(0, 5), index: 1 },
    identifier: fields.issuerIdentifier,
    key,
    certificate: await issueIssuerCertificate(rsa, signer, fields, key.publicKey),
    cipher: control.cipher,
    masterKeys: {
      cryptogram: master('cryptogram'),
      scriptMac: master('script MAC'),
      scriptEncipher: master('script encipherment'),
    },
    keyIndex: 1,
  };
}

async function product(
  profileName: string,
  own: { readonly pan: string; readonly serial: string; readonly key: TestKey },
): Promise<Product> {
  const profile = profileNamed(profileName);
  const issuer = await issuerOf(profile);
  const order = {
    pan: own.pan,
    sequence: '01',
    expiry: '3112',
    effective: epochOfIso('2026-01-01'),
    serial: fromHex(own.serial).slice(-3),
    pin: PIN,
    key: await testKey(own.key),
  };
  const { groupings } = await prepareCard({ rsa, symmetric }, issuer, profile, order);
  const masterKeys = cardMasterKeys(symmetric, issuer, profile, order);
  return { profile, issuer, order, keyName: own.key, groupings, masterKeys, factory: factoryOf(own.serial) };
}

export const whiteLabel = await product('white-label', {
  pan: '9999120000000000',
  serial: '00000000000000000001',
  key: 'card',
});
export const jcbShaped = await product('jcb-shaped', {
  pan: '9999120000000018',
  serial: '00000000000000000002',
  key: 'secondCard',
});

const showRsa = ({ modulus, exponent }: RsaPublicKey, name: TestKey): { [key: string]: Json } => {
  const { p, q, dp, dq, qInverse } = keyParts(name);
  return showFields({ modulus, exponent, p, q, dp, dq, qInverse });
};

/** The keys behind a card: all that it, its issuer and terminals know. */
export const showProduct = (who: string, { profile, issuer, order, keyName, masterKeys }: Product): Json => ({
  card: who,
  profile: profile.name,
  pan: order.pan,
  sequence: order.sequence,
  pin: PIN,
  cipher: issuer.cipher,
  masterKeyOption: profile.masterKey,
  issuerMasterKeys: showFields(issuer.masterKeys),
  cardMasterKeys: showFields(masterKeys),
  certificationAuthority: { rid: hex(issuer.ca.rid), index: issuer.ca.index, ...showRsa(issuer.ca, 'ca') },
  issuerKey: showRsa(issuer.key.publicKey, 'issuer'),
  cardKey: showRsa(order.key.publicKey, keyName),
});

export const showBatch = (): Json => hex(batchMasterKey);
