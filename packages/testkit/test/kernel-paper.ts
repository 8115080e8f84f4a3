/**
 * Cards on paper for the product's terminal: of any profile, changed and bent in any way, with what the terminal made of it.
 */
import { type Bytes, concat, decodeTlv, fromHex, hex, type Tlv, tlv } from '@sokkin/codec';
import type { RsaKeyPair } from '@sokkin/crypto';
import { type CardProfile, type EmvIssuer, makeEmvIssuer, parseProfile, prepareCard } from '@sokkin/issuer';
import type { ApduTransport, PaymentRequest } from '@sokkin/terminal';
import { type PaperScript, paperCard } from './emv-paper-card.ts';
import { type Changed, configWith, ports, profileFile, TODAY, terminalWith } from './kernel-scene.ts';

export const PAN = '9999120000000000';

const issuers = new Map<string, Promise<EmvIssuer>>();
let key: Promise<RsaKeyPair> | undefined;

/** One key for all cards, one issuer for each RID and cipher: making them takes longer than everything else. */
function issuerFor({ control, rsa: sizes }: CardProfile): Promise<EmvIssuer> {
  const rid = control.aid.slice(0, 5);
  const name = `${hex(rid)} ${control.cipher}`;
  const wanted = {
    rid,
    caIndex: 1,
    identifier: '999912',
    expiry: '1240',
    cipher: control.cipher,
    keyIndex: 1,
  };
  const made = issuers.get(name) ?? makeEmvIssuer(ports, { ...wanted, sizes });
  issuers.set(name, made);
  return made;
}

export interface PaperOptions {
  readonly profile?: typeof import('./kernel-scene.ts').PROFILES[number];
  /** Members of the profile that are others. */
  readonly members?: object;
  readonly script?: Partial<PaperScript>;
  readonly change?: Changed;
  readonly today?: number;
  readonly lot?: number;
  /** Which card of the PAN. Default 01. */
  readonly sequence?: string;
  /** Without the bank's CA key. */
  readonly isStranger?: boolean;
}

export async function paperScene(options: PaperOptions = {}) {
  const {
    profile: name = 'white-label',
    members = {},
    script = {},
    change,
    today,
    lot,
    isStranger,
  } = options;
  const profile = parseProfile({ ...profileFile(name), ...members });
  const issuer = await issuerFor(profile);
  key ??= Promise.resolve(ports.rsa.generateRsaKey(1024, 3));
  const pair = await key;
  const own = profile.control.limitedUseOnly ? { limitedUse: { number: 5, uses: 9 } } : { pin: '123456' };
  const { groupings } = await prepareCard(ports, issuer, profile, {
    pan: PAN,
    sequence: options.sequence ?? '01',
    expiry: '3112',
    effective: TODAY,
    serial: fromHex('000001'),
    key: pair,
    ...own,
  });
  const card = paperCard(ports, groupings, pair, { gives: ['tc'], ...script });
  const transport: ApduTransport = { extended: true, transmit: (c) => card.transmit(c) };
  const terminal = terminalWith(configWith(isStranger === true ? [] : [issuer.ca], change), {
    ...(today === undefined ? {} : { today }),
    ...(lot === undefined ? {} : { lot }),
  });
  return {
    profile,
    issuer,
    transport,
    terminal,
    pay: (request: Partial<PaymentRequest> = {}) => terminal.pay(transport, request),
  };
}

/** The same objects, with each of that tag, wherever it stands, replaced by what `to` gives. */
export function rewritten(data: Bytes, tag: number, to: (value: Bytes) => readonly Bytes[]): Bytes {
  const write = (node: Tlv): Bytes => {
    if (node.tag === tag) return concat(...to(node.value));
    return tlv(node.tag, ...(node.children?.map(write) ?? [node.value]));
  };
  return write(decodeTlv(data, { repeatable: new Set([0x61]) }));
}

/** Bends the answers to one command. */
export const bending =
  (instruction: string, change: (data: Bytes) => Bytes) =>
  (name: string, data: Bytes): Bytes =>
    name === instruction && data.length > 0 ? change(data) : data;

export const has = (data: Bytes, tag: number): boolean => {
  const look = (node: Tlv): boolean => node.tag === tag || (node.children ?? []).some(look);
  return look(decodeTlv(data, { repeatable: new Set([0x61]) }));
};
