/** Cards with a security domain, an application to be personalised that only remembers, and a host that may lie. */
import {
  type Bytes,
  type CommandApdu,
  command,
  concat,
  type DataGrouping,
  DOMAIN_AID,
  DOMAIN_INS,
  decodeResponse,
  encodeCommand,
  encodeGrouping,
  encodeInstallForPersonalization,
  fromHex,
  hex,
  isSecretGrouping,
  type ResponseApdu,
  SW,
} from '@sokkin/codec';
import {
  initializeUpdate,
  openHost,
  pad80,
  readInitializeUpdate,
  type Scp03Channel,
  type Scp03Keys,
  type Scp03Level,
  scp03EncryptSecret,
  unwrapResponse,
  wrapCommand,
} from '@sokkin/crypto';
import { nodeCrypto, nodeRsa, nodeSymmetric } from '@sokkin/node';
import { securityDomain } from '../src/domain/applet.ts';
import { domainStore, factorySection } from '../src/domain/state.ts';
import {
  type Applet,
  type Build,
  type Card,
  type CardStore,
  cardMemorySize,
  createCard,
  createEngine,
  createStore,
  type FactoryKeys,
  failed,
  inMemoryNvm,
  type MemoryNvm,
  type Nvm,
  ok,
  openStore,
  type Personalisation,
} from '../src/index.ts';
import { SMALL } from './people.ts';

export const symmetric = nodeSymmetric();
export const BUILD: Build = { crypto: nodeCrypto(), emv: { symmetric, rsa: nodeRsa() } };

export const keysOf = (length: 16 | 24 | 32, version = 0x30): Scp03Keys => ({
  version,
  enc: new Uint8Array(length).fill(0xe1),
  mac: new Uint8Array(length).fill(0x3a),
  dek: new Uint8Array(length).fill(0xd7),
});
export const KEYS = keysOf(16);
export const SERIAL = fromHex('00010203040506070809');
export const FACTORY: FactoryKeys = { diversification: SERIAL, keys: KEYS };

/** A blank purse with a domain. */
export async function purseCard(factory: FactoryKeys = FACTORY): Promise<{ card: Card; nvm: MemoryNvm }> {
  const nvm = inMemoryNvm(cardMemorySize(SMALL));
  return { card: await createCard({ ...BUILD, nvm }, SMALL, factory), nvm };
}

export const REMEMBERER_AID = fromHex('f000000001');
export const REFUSED_DGI = 0x6666;

/** Remembers all groupings, in one commit at the end; takes none a second time, nor `REFUSED_DGI`. */
export interface Rememberer {
  readonly card: Card;
  readonly nvm: MemoryNvm;
  /** Groupings that reached it since it was powered, also those of a personalisation that came to nothing. */
  readonly seen: DataGrouping[];
  /** What it remembers in memory; undefined: it was never personalised. */
  readonly remembered: () => Bytes | undefined;
}

export async function rememberer(factory: FactoryKeys = FACTORY): Promise<Rememberer> {
  const nvm = inMemoryNvm(cardMemorySize(SMALL));
  const store = await createStore(nvm, SMALL, { domain: factorySection(factory) });
  return { ...remembererOver(store), nvm };
}

export async function openRememberer(nvm: Nvm): Promise<Omit<Rememberer, 'nvm'>> {
  const store = await openStore(nvm);
  if (store === undefined) throw new Error('The card was never finished');
  return remembererOver(store);
}

function remembererOver(store: CardStore): Omit<Rememberer, 'nvm'> {
  const seen: DataGrouping[] = [];
  let staged: Bytes | undefined;
  const personalisation: Personalisation = {
    begin() {
      staged = new Uint8Array(0);
      return store.section('emv') === undefined ? ok() : failed(SW.conditionsNotSatisfied);
    },
    async store({ dgi, value }) {
      seen.push({ dgi, value: value.slice() });
      if (dgi === REFUSED_DGI) return failed(SW.wrongData);
      staged = concat(staged ?? new Uint8Array(0), encodeGrouping({ dgi, value }));
      return ok(dgi >= 0x7000 && dgi < 0x8000 ? value.slice(0, 4) : undefined);
    },
    async finish() {
      if (staged === undefined || staged.length === 0) return failed(SW.conditionsNotSatisfied);
      // As much as its section has room for.
      await store.commitAll({ sections: { emv: staged.slice(0, 300) } });
      return ok();
    },
  };
  const applet: Applet = {
    aid: REMEMBERER_AID,
    personalisation,
    select: () => ok(),
    process: async () => failed(SW.insNotSupported),
    deselect: () => undefined,
  };
  const domain = domainStore(store);
  if (domain === undefined) throw new Error('A card with keys');
  const card = createEngine([applet, securityDomain(domain, symmetric, [applet])]);
  return { card, seen, remembered: () => store.section('emv') };
}

export const send = async (card: Card, c: CommandApdu): Promise<ResponseApdu> =>
  decodeResponse(await card.transmit(encodeCommand(c)));

export const selectDomain = (card: Card): Promise<ResponseApdu> =>
  send(card, command(0x00, 0xa4, 0x04, 0x00, DOMAIN_AID, 256));

/** A host that sends what it is told, right or wrong, and knows nothing of outcomes. */
export class RawHost {
  /** Every command that went out, as it was. */
  readonly sent: CommandApdu[] = [];
  constructor(
    readonly card: Card,
    public channel: Scp03Channel,
  ) {}

  wrap(plain: CommandApdu): CommandApdu {
    const wrapped = wrapCommand(symmetric, this.channel, plain);
    this.channel = wrapped.channel;
    return wrapped.command;
  }

  async send(plain: CommandApdu): Promise<ResponseApdu> {
    const wrapped = this.wrap(plain);
    this.sent.push(wrapped);
    const answer = unwrapResponse(symmetric, this.channel, await send(this.card, wrapped));
    if (answer.verdict !== 'ok') throw new Error(`The card's answer is ${answer.verdict}`);
    return answer.response;
  }
}

/** The challenge that the card gives; the domain is selected. */
export async function challenged(card: Card, hostChallenge: Bytes = new Uint8Array(8)) {
  const answer = await send(card, initializeUpdate(0, hostChallenge));
  if (answer.sw !== SW.ok) throw new Error(`INITIALIZE UPDATE: ${answer.sw.toString(16)}`);
  return readInitializeUpdate(answer.data);
}

export const sequenceOf = (answer: { readonly sequence: Bytes | undefined }): number =>
  Number.parseInt(hex(answer.sequence ?? new Uint8Array(1)), 16);

/** Opens a channel by hand. */
export async function openRaw(
  card: Card,
  level: Scp03Level = 0x33,
  keys: Scp03Keys = KEYS,
): Promise<RawHost> {
  await selectDomain(card);
  const challenge = symmetric.randomBytes(8);
  const host = openHost(symmetric, keys, challenge, await challenged(card, challenge), level);
  if (host.verdict !== 'ok') throw new Error(host.verdict);
  const opened = await send(card, host.command);
  if (opened.sw !== SW.ok) throw new Error(`EXTERNAL AUTHENTICATE: ${opened.sw.toString(16)}`);
  const raw = new RawHost(card, host.channel);
  raw.sent.push(host.command);
  return raw;
}

export const install = (aid: Bytes): CommandApdu =>
  command(0x80, DOMAIN_INS.install, 0x20, 0x00, encodeInstallForPersonalization(aid), 256);
/** STORE DATA with groupings, some of them secret. */
export const block = (p2: number, data: Bytes, isLast = false): CommandApdu =>
  command(0x80, DOMAIN_INS.storeData, isLast ? 0xa9 : 0x29, p2, data, 256);
export const getStatusOf = (p1: number, data = '4f00'): CommandApdu =>
  command(0x80, DOMAIN_INS.getStatus, p1, 0x02, fromHex(data), 256);
export const setStatusTo = (p2: number): CommandApdu =>
  command(0x80, DOMAIN_INS.setStatus, 0x80, p2, undefined, 256);
export const getDataOf = (tag: number): CommandApdu =>
  command(0x80, DOMAIN_INS.getData, tag >> 8, tag & 0xff, undefined, 256);

/** Groupings as they travel. */
export const travelling = (groupings: readonly DataGrouping[], keys: Scp03Keys = KEYS): Bytes =>
  concat(
    ...groupings.map(({ dgi, value }) =>
      encodeGrouping({
        dgi,
        value: isSecretGrouping(dgi) ? scp03EncryptSecret(symmetric, keys, pad80(value, 16)) : value,
      }),
    ),
  );

/** Sends these bytes as the blocks of one personalisation; the first status word that is not 9000, or 9000. */
export async function storeBlocks(host: RawHost, blocks: readonly Bytes[]): Promise<ResponseApdu> {
  let data: Bytes = new Uint8Array(0);
  for (const [i, bytes] of blocks.entries()) {
    const answer = await host.send(block(i, bytes, i === blocks.length - 1));
    if (answer.sw !== SW.ok) return answer;
    data = concat(data, answer.data);
  }
  return { data, sw: SW.ok };
}
