/**
 * A payment card made by hand, without the back-end's data preparation: groupings put together here, terminals'
 * commands as bytes. So these tests hold the card to the books alone.
 */
import {
  type ApplicationControl,
  ascii,
  type Bytes,
  buildDolData,
  command,
  concat,
  type DataGrouping,
  DGI,
  type DolEntry,
  decodeResponse,
  decodeTlv,
  decodeTlvs,
  encodeCommand,
  encodeControl,
  encodeDol,
  encodeLimitedUseKey,
  encodeN,
  encodeRiskLimits,
  fromHex,
  type LimitedUseKey,
  type ResponseApdu,
  type RiskLimits,
  tlv,
} from '@sokkin/codec';
import {
  applicationCryptogram,
  cryptogramSessionKey,
  portableSymmetric,
  type RsaKeyPair,
  type RsaPublicKey,
} from '@sokkin/crypto';
import { nodeCrypto, nodeRsa } from '@sokkin/node';
import { LARGE_LIMITS, type LivingCard, makeActiveCard, makeWorld, type World } from '@sokkin/testkit';
import { emvApplets } from '../../src/emv/applet.ts';
import { type Card, cardOver, type EmvPorts, type HolderPort, type Nvm, openStore } from '../../src/index.ts';

export const AID = fromHex('f0534f4b4b494e02');
export const PAN = '9999990000000017';
export const YEN = fromHex('0392');

/** Fixed keys: every cryptogram can be computed here without asking the card. */
export const KEYS = {
  cryptogram: fromHex('0123456789abcdeffedcba9876543210'),
  scriptMac: fromHex('111111111111111122222222222222ff'),
  scriptEncipher: fromHex('3333333333333333444444444444440f'),
};

const list = (...entries: [number, number][]): DolEntry[] =>
  entries.map(([tag, length]) => ({ tag, length }));

export const CDOL1 = list(
  [0x9f02, 6],
  [0x9f03, 6],
  [0x9f1a, 2],
  [0x95, 5],
  [0x5f2a, 2],
  [0x9a, 3],
  [0x9c, 1],
  [0x9f37, 4],
  [0x9f35, 1],
);
export const CDOL2 = list([0x91, 10], [0x8a, 2], [0x95, 5], [0x9f37, 4]);
export const DDOL = list([0x9f37, 4]);
export const DRDOL = list([0x9f37, 4], [0x9f02, 6], [0x9a, 3]);
export const PDOL = list([0x9f66, 4]);

export const CONTROL: ApplicationControl = {
  aid: AID,
  label: ascii('SOKKIN'),
  priority: 1,
  kernel: fromHex('c0'),
  cipher: 'tdes',
  sessionKey: 'common',
  padding: 'iso2',
  cryptogramData: [...CDOL1.slice(0, 8), ...list([0x82, 2], [0x9f36, 2], [0x9f10, 12])],
  iad: [
    { field: 'keyIndex' },
    { field: 'version' },
    { field: 'cvr', length: 5 },
    { field: 'offlineCount' },
    { field: 'keyNumber' },
    { field: 'debited' },
    { field: 'fixed', bytes: fromHex('0f') },
  ],
  keyIndex: 1,
  version: 0xa5,
  arpcMethod: 1,
  scriptFormat: 1,
  scriptMacLength: 8,
  showBalance: true,
  requireIssuerAuthentication: false,
  offline: true,
  limitedUseOnly: false,
};

export const symmetric = portableSymmetric((n) => nodeCrypto().randomBytes(n));
export const rsa = nodeRsa();

const checkValue = (key: Bytes, cipher: 'tdes' | 'aes') =>
  cipher === 'tdes'
    ? symmetric.desCbcEncrypt(key, new Uint8Array(8), new Uint8Array(8)).slice(0, 3)
    : symmetric.aesEncryptBlock(key, new Uint8Array(16).fill(1)).slice(0, 3);

export interface HandOptions {
  readonly control?: Partial<ApplicationControl>;
  readonly limits?: RiskLimits;
  /** Interchange profile; by default DDA, CDA, cardholder verification, terminal risk management. */
  readonly profile?: Bytes;
  readonly limitedUse?: LimitedUseKey;
}

let made: Promise<RsaKeyPair> | undefined;
/** One key for all cards of a test run: making one takes longer than everything else. */
const cardKey = (): Promise<RsaKeyPair> => {
  made ??= Promise.resolve(rsa.generateRsaKey(1024, 3));
  return made;
};

export async function groupingsByHand(options: HandOptions = {}): Promise<DataGrouping[]> {
  const control = { ...CONTROL, ...options.control };
  const key = await cardKey();
  const parts = await rsa.exportRsaKey(key.handle);
  const keys = control.limitedUseOnly
    ? [KEYS.scriptMac, KEYS.scriptEncipher]
    : [KEYS.cryptogram, KEYS.scriptMac, KEYS.scriptEncipher];
  const record = (...objects: Bytes[]) => tlv(0x70, ...objects);
  const groupings: DataGrouping[] = [
    {
      dgi: 0x0101,
      value: record(
        tlv(0x5a, fromHex(PAN)),
        tlv(0x5f34, fromHex('01')),
        tlv(0x5f24, fromHex('301231')),
        tlv(0x8c, encodeDol(CDOL1)),
        tlv(0x8d, encodeDol(CDOL2)),
        tlv(0x9f49, encodeDol(DDOL)),
        tlv(0x9f51, encodeDol(DRDOL)),
      ),
    },
    { dgi: 0x0201, value: record(tlv(0x9f47, fromHex('03')), tlv(0x8f, fromHex('01'))) },
    { dgi: DGI.fci, value: concat(tlv(0x50, control.label), tlv(0x9f38, encodeDol(PDOL))) },
    {
      dgi: DGI.processingOptions,
      value: concat(tlv(0x82, options.profile ?? fromHex('3900')), tlv(0x94, fromHex('0801010110010100'))),
    },
    { dgi: DGI.control, value: encodeControl(control) },
    { dgi: DGI.risk, value: encodeRiskLimits(options.limits ?? { lowerCount: 200, upperCount: 250 }) },
    { dgi: DGI.masterKeys, value: concat(...keys) },
    { dgi: DGI.masterKeyChecks, value: concat(...keys.map((k) => checkValue(k, control.cipher))) },
    { dgi: DGI.rsaCoefficient, value: parts.qInverse },
    { dgi: DGI.rsaExponentQ, value: parts.dq },
    { dgi: DGI.rsaExponentP, value: parts.dp },
    { dgi: DGI.rsaPrimeQ, value: parts.q },
    { dgi: DGI.rsaPrimeP, value: parts.p },
  ];
  if (options.limitedUse !== undefined)
    groupings.push({ dgi: DGI.limitedUseKey, value: encodeLimitedUseKey(options.limitedUse) });
  return groupings;
}

export interface HandCard extends LivingCard {
  readonly world: World;
  readonly publicKey: RsaPublicKey;
  readonly ports: EmvPorts;
}

export const emvPorts = (holder?: HolderPort): EmvPorts =>
  holder === undefined ? { symmetric, rsa } : { symmetric, rsa, holder };

/** Loads groupings into the card in this memory, without the security domain. The status word of `finish`. */
export async function loadByHand(nvm: Nvm, groupings: readonly DataGrouping[]): Promise<number> {
  const store = await openStore(nvm);
  const personalisation = store && emvApplets(store, emvPorts())[0]?.personalisation;
  if (personalisation === undefined) throw new Error('there is no card in this memory');
  const begun = personalisation.begin();
  if (begun.sw !== 0x9000) return begun.sw;
  for (const grouping of groupings) {
    const { sw } = await personalisation.store(grouping);
    if (sw !== 0x9000) return sw;
  }
  return (await personalisation.finish()).sw;
}

export async function openHandCard(nvm: Nvm, holder?: HolderPort): Promise<Card> {
  const store = await openStore(nvm);
  if (store === undefined) throw new Error('there is no card in this memory');
  return cardOver(store, { crypto: nodeCrypto(), emv: emvPorts(holder) });
}

/** An active purse of 10,000 with a payment application on it. */
export async function handCard(
  options: HandOptions & { balance?: bigint; holder?: HolderPort; withoutPin?: bigint } = {},
): Promise<HandCard> {
  const world = await makeWorld(nodeCrypto());
  const withoutPin = options.withoutPin ?? LARGE_LIMITS.perPaymentWithoutPin;
  const living = await makeActiveCard(world, 20, {
    balance: options.balance ?? 10_000n,
    limits: { ...LARGE_LIMITS, perPaymentWithoutPin: withoutPin },
  });
  const sw = await loadByHand(living.nvm, await groupingsByHand(options));
  if (sw !== 0x9000) throw new Error(`personalisation answered ${sw.toString(16)}`);
  const card = await openHandCard(living.nvm, options.holder);
  return { ...living, card, world, publicKey: (await cardKey()).publicKey, ports: emvPorts(options.holder) };
}

/** One command with short lengths, as terminals send it. */
export async function send(
  card: Card,
  cla: number,
  ins: number,
  p1: number,
  p2: number,
  data: Bytes = new Uint8Array(0),
): Promise<ResponseApdu> {
  return decodeResponse(await card.transmit(encodeCommand(command(cla, ins, p1, p2, data, 256))));
}

export const selectPayment = (card: Card) => send(card, 0x00, 0xa4, 0x04, 0x00, AID);
export const processingOptions = (card: Card, pdolData: Bytes = fromHex('36000000')) =>
  send(card, 0x80, 0xa8, 0, 0, tlv(0x83, pdolData));

/** SELECT and GET PROCESSING OPTIONS. */
export async function begin(card: Card): Promise<void> {
  for (const response of [await selectPayment(card), await processingOptions(card)]) {
    if (response.sw !== 0x9000) throw new Error(`the card answered ${response.sw.toString(16)}`);
  }
}

export interface Sale {
  readonly amount?: bigint;
  readonly other?: bigint;
  readonly currency?: Bytes;
  readonly type?: number;
  readonly number?: Bytes;
  readonly terminalType?: number;
}

export const TERMINAL_NUMBER = fromHex('a1b2c3d4');
const DATE = fromHex('261122');

export function saleValues(sale: Sale = {}): Map<number, Bytes> {
  return new Map([
    [0x9f02, encodeN(String(sale.amount ?? 100n), 6)],
    [0x9f03, encodeN(String(sale.other ?? 0n), 6)],
    [0x9f1a, YEN],
    [0x95, new Uint8Array(5)],
    [0x5f2a, sale.currency ?? YEN],
    [0x9a, DATE],
    [0x9c, Uint8Array.of(sale.type ?? 0)],
    [0x9f37, sale.number ?? TERMINAL_NUMBER],
    [0x9f35, Uint8Array.of(sale.terminalType ?? 0x22)],
  ]);
}

export const cdol1Data = (sale?: Sale): Bytes => {
  const values = saleValues(sale);
  return buildDolData(CDOL1, (tag) => values.get(tag));
};
export const drdolData = (sale?: Sale): Bytes => {
  const values = saleValues(sale);
  return buildDolData(DRDOL, (tag) => values.get(tag));
};

export const cdol2Data = (responseCode: string, issuerData?: Bytes): Bytes =>
  buildDolData(CDOL2, (tag) => {
    if (tag === 0x91) return issuerData;
    return tag === 0x8a ? ascii(responseCode) : undefined;
  });

export const ASK = { aac: 0x00, tc: 0x40, arqc: 0x80 } as const;
export type Asked = keyof typeof ASK;

export const firstAc = (card: Card, asked: Asked, sale?: Sale, signed = false) =>
  send(card, 0x80, 0xae, ASK[asked] | (signed ? 0x10 : 0), 0, cdol1Data(sale));
export const secondAc = (card: Card, asked: 'tc' | 'aac', responseCode: string, issuerData?: Bytes) =>
  send(card, 0x80, 0xae, ASK[asked], 0, cdol2Data(responseCode, issuerData));
export const recover = (card: Card, sale?: Sale) => send(card, 0x80, 0xd0, 0, 0, drdolData(sale));

export interface Answer {
  readonly type: Asked | 'unknown';
  readonly atc: number;
  readonly cryptogram: Bytes | undefined;
  readonly iad: Bytes;
  readonly signature: Bytes | undefined;
  /** Contents of template 77. */
  readonly template: Bytes;
}

const TYPES = ['aac', 'tc', 'arqc', 'unknown'] as const;

/** The answer to GENERATE AC; an error that names the status word otherwise. */
export function answerOf(response: ResponseApdu): Answer {
  if (response.sw !== 0x9000) throw new Error(`the card answered ${response.sw.toString(16)}`);
  const template = decodeTlv(response.data).value;
  const found = new Map(decodeTlvs(template).map((t) => [t.tag, t.value.slice()]));
  const [hi = 0, lo = 0] = found.get(0x9f36) ?? [];
  return {
    type: TYPES[(found.get(0x9f27)?.[0] ?? 0xff) >> 6] ?? 'unknown',
    atc: (hi << 8) | lo,
    cryptogram: found.get(0x9f26),
    iad: found.get(0x9f10) ?? new Uint8Array(0),
    signature: found.get(0x9f4b),
    template: template.slice(),
  };
}

/** What the issuer computes for an answer to the first GENERATE AC. */
export function expectedCryptogram(
  { atc, iad }: Answer,
  sale?: Sale,
  { cipher = 'tdes', key = KEYS.cryptogram }: { cipher?: 'tdes' | 'aes'; key?: Bytes } = {},
): Bytes {
  const counter = Uint8Array.of(atc >> 8, atc & 0xff);
  const data = concat(cdol1Data(sale).subarray(0, 29), fromHex('3900'), counter, iad);
  return applicationCryptogram(symmetric, cipher, sessionKey(atc, { cipher, key }), data);
}

export const sessionKey = (
  atc: number,
  { cipher = 'tdes', key = KEYS.cryptogram }: { cipher?: 'tdes' | 'aes'; key?: Bytes } = {},
): Bytes => cryptogramSessionKey(symmetric, cipher, key, Uint8Array.of(atc >> 8, atc & 0xff));
