/**
 * The payment application as the checker's cards carry it: a small AES profile that signs nothing.
 *
 * What must hold: it draws no randomness, so what a card answers is a function of its memory and of the terminal's
 * words; no two cards share a key, so no two cryptograms are equal by accident; its own limits are so far away that
 * within the bounds of a run they decide nothing (key.ts counts on it).
 */
import { EMV_MODULE_AID, type EmvPorts, emvApplets, type Nvm, openStore } from '@sokkin/card';
import {
  type ApplicationControl,
  ascii,
  type Bytes,
  concat,
  type DataGrouping,
  DGI,
  type DolEntry,
  encodeControl,
  encodeDol,
  encodeRiskLimits,
  fromHex,
  SW,
  tlv,
} from '@sokkin/codec';
import { arpcMethod1, cryptogramSessionKey, portableSymmetric } from '@sokkin/crypto';

const symmetric = portableSymmetric((length) => new Uint8Array(length));
const noRsa = (): never => {
  throw new Error('Bug: these cards have no RSA key');
};
export const CHECKER_EMV: EmvPorts = {
  symmetric,
  rsa: { importRsaKey: noRsa, privateOperation: noRsa },
};

const list = (...entries: [tag: number, length: number][]): DolEntry[] =>
  entries.map(([tag, length]) => ({ tag, length }));

/** Amount, currency, transaction type, unpredictable number, terminal type. */
export const CDOL1 = list([0x9f02, 6], [0x5f2a, 2], [0x9c, 1], [0x9f37, 4], [0x9f35, 1]);
/** Authorisation response code, issuer authentication data. */
export const CDOL2 = list([0x8a, 2], [0x91, 10]);
/** What a terminal shows for RECOVER AC: unpredictable number, amount. */
export const DRDOL = list([0x9f37, 4], [0x9f02, 6]);

export const CONTROL: ApplicationControl = {
  aid: EMV_MODULE_AID,
  label: ascii('SOKKIN'),
  priority: 1,
  kernel: new Uint8Array(0),
  cipher: 'aes',
  sessionKey: 'common',
  padding: 'iso2',
  cryptogramData: [...CDOL1, ...list([0x82, 2], [0x9f36, 2], [0x9f10, 6])],
  iad: [{ field: 'cvr', length: 5 }, { field: 'debited' }],
  keyIndex: 1,
  version: 1,
  arpcMethod: 1,
  scriptFormat: 2,
  scriptMacLength: 8,
  showBalance: true,
  requireIssuerAuthentication: true,
  offline: true,
  limitedUseOnly: false,
};

const FAR_AWAY = { lowerCount: 200, upperCount: 250 };

const masterKey = (purse: number): Bytes => new Uint8Array(16).fill(0x10 + purse);

function groupings(purse: number): DataGrouping[] {
  const keys = [masterKey(purse), new Uint8Array(16).fill(0xaa), new Uint8Array(16).fill(0xbb)];
  const checks = keys.map((k) => symmetric.aesEncryptBlock(k, new Uint8Array(16).fill(1)).slice(0, 3));
  const lists = concat(
    tlv(0x5a, fromHex('9999990000000017')),
    tlv(0x8c, encodeDol(CDOL1)),
    tlv(0x8d, encodeDol(CDOL2)),
    tlv(0x9f51, encodeDol(DRDOL)),
  );
  return [
    { dgi: 0x0101, value: tlv(0x70, lists) },
    { dgi: DGI.fci, value: tlv(0x50, CONTROL.label) },
    {
      dgi: DGI.processingOptions,
      value: concat(tlv(0x82, fromHex('1800')), tlv(0x94, fromHex('08010100'))),
    },
    { dgi: DGI.control, value: encodeControl(CONTROL) },
    { dgi: DGI.risk, value: encodeRiskLimits(FAR_AWAY) },
    { dgi: DGI.masterKeys, value: concat(...keys) },
    { dgi: DGI.masterKeyChecks, value: concat(...checks) },
  ];
}

/** Gives the card in this memory a payment application. A card that is powered must be opened anew. */
export async function loadPaymentApplication(nvm: Nvm, purse: number): Promise<void> {
  const store = await openStore(nvm);
  const loader = store && emvApplets(store, CHECKER_EMV)[0]?.personalisation;
  if (loader === undefined) throw new Error('There is no card in this memory');
  const words = [loader.begin().sw];
  for (const grouping of groupings(purse)) words.push((await loader.store(grouping)).sw);
  words.push((await loader.finish()).sw);
  if (words.some((sw) => sw !== SW.ok)) throw new Error(`The card was not loaded: ${words}`);
}

/** The issuer's word on an ARQC (tag 91): it proves itself, and approves. */
export function issuerApproval(purse: number, atc: number, arqc: Bytes): Bytes {
  const counter = Uint8Array.of(atc >> 8, atc & 0xff);
  const key = cryptogramSessionKey(symmetric, CONTROL.cipher, masterKey(purse), counter);
  return concat(arpcMethod1(symmetric, CONTROL.cipher, key, arqc, APPROVED), APPROVED);
}
/** Authorisation response code 00. */
export const APPROVED: Bytes = ascii('00');
/** The terminal could not go online, and asks for approval offline (Book 4, Annex A6). */
export const UNABLE: Bytes = ascii('Y3');
