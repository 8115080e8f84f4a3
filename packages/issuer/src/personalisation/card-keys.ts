/**
 * The keys of one card from the issuer's (Book 2, A1.4), and the limited-use keys of a phone.
 *
 * A phone has no secure element, so it never gets the master key for cryptograms, but keys from it that make a few
 * each. Key number n is a common session key (A1.3.1) of the card's master key, whose diversification value is
 *
 *     R = n (2 bytes), then FF to the end of the block
 *
 * What must hold: no other derivation from that master key enciphers the same blocks, so that neither key tells the
 * other. The session key of a counter has R = ATC, then 00; the derivation overwrites the third byte of R with F0
 * or 0F, never the others. So from the fourth byte on all blocks of limited-use keys are FF and all blocks of session
 * keys are 00, whatever n and ATC are, and also with the unpredictable number of some profiles, as R has 00 there too
 * (`unpredictableSessionKey`). For AES keys of one block R itself is enciphered, and differs likewise. Different n
 * differ in the first two bytes. A cipher that is a pseudo-random permutation gives independent keys for all of
 * these blocks. From a limited-use key on, all is as with a master key: its session keys come from the ATC.
 */
import { type Bytes, concat, type DataGrouping, DGI, encodeLimitedUseKey, u16 } from '@sokkin/codec';
import {
  commonSessionKey,
  type EmvCipher,
  iccMasterKey,
  keyCheckValue,
  type SymmetricPort,
} from '@sokkin/crypto';
import type { EmvIssuer, IssuerMasterKeys } from './emv-issuer.ts';
import type { CardOrder } from './order.ts';
import type { CardProfile } from './profile.ts';

type Card = Pick<CardOrder, 'pan' | 'sequence'>;

/** The three master keys of a card: what the back-end derives anew whenever it needs them. */
export function cardMasterKeys(
  port: SymmetricPort,
  issuer: EmvIssuer,
  profile: CardProfile,
  card: Card,
): IssuerMasterKeys {
  const of = (key: Bytes): Bytes => iccMasterKey(port, profile.masterKey, key, card);
  const { cryptogram, scriptMac, scriptEncipher } = issuer.masterKeys;
  return {
    cryptogram: of(cryptogram),
    scriptMac: of(scriptMac),
    scriptEncipher: of(scriptEncipher),
  };
}

/** The key with this number (1 to 65535) from the card's master key for cryptograms: see the head of this file. */
export function limitedUseKey(
  port: SymmetricPort,
  cipher: EmvCipher,
  cryptogramMasterKey: Bytes,
  number: number,
): Bytes {
  const filling = new Uint8Array(cipher === 'tdes' ? 6 : 14).fill(0xff);
  return commonSessionKey(port, cipher, cryptogramMasterKey, concat(u16(number), filling));
}

/** Master keys of a card and their check values; of a phone, those for scripts only. */
export function masterKeyGroupings(
  port: SymmetricPort,
  { control }: CardProfile,
  keys: IssuerMasterKeys,
): DataGrouping[] {
  const { cryptogram, scriptMac, scriptEncipher } = keys;
  const loaded = control.limitedUseOnly
    ? [scriptMac, scriptEncipher]
    : [cryptogram, scriptMac, scriptEncipher];
  return [
    { dgi: DGI.masterKeys, value: concat(...loaded) },
    {
      dgi: DGI.masterKeyChecks,
      value: concat(...loaded.map((key) => keyCheckValue(port, control.cipher, key))),
    },
  ];
}

/** A new limited-use key for a phone that is personalised already. Numbers rise, and are never given twice. */
export function replenish(
  port: SymmetricPort,
  issuer: EmvIssuer,
  profile: CardProfile,
  card: Card,
  { number, uses }: { readonly number: number; readonly uses: number },
): DataGrouping[] {
  const { cryptogram } = cardMasterKeys(port, issuer, profile, card);
  const key = limitedUseKey(port, profile.control.cipher, cryptogram, number);
  return [{ dgi: DGI.limitedUseKey, value: encodeLimitedUseKey({ number, uses, key }) }];
}
