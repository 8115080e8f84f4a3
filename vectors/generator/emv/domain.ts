/**
 * A card at its security domain: the host of the terminal package, overheard. Each command becomes a step that says
 * what it says without secure messaging, and what both sides compute.
 *
 * What must hold: the plain side is read from the bytes that went over, with the card's static keys alone; so what a
 * step says is what whoever holds those keys finds in it.
 */
import {
  type Bytes,
  type CommandApdu,
  concat,
  type DataGrouping,
  DGI,
  DOMAIN_INS,
  decodeCommand,
  encodeCommand,
  encodeResponse,
  fromHex,
  hex,
  isSecretGrouping,
  parseControl,
  parseInstallForPersonalization,
  parseRiskLimits,
  readGrouping,
} from '@sokkin/codec';
import {
  openHost,
  readInitializeUpdate,
  type Scp03Channel,
  type Scp03Keys,
  scp03DecryptSecret,
  unpad80,
  unwrapCommand,
  unwrapResponse,
} from '@sokkin/crypto';
import { type ApduTransport, type DomainSession, openDomain } from '@sokkin/terminal';
import { type Json, showFields } from '../show.ts';
import type { Answer, Explained, Purse } from '../world.ts';
import { symmetric } from './products.ts';

const LEVEL = 0x33;
const application = 'security domain' as const;

const FIXED_NAMES: Readonly<Record<number, string>> = {
  [DOMAIN_INS.initializeUpdate]: 'INITIALIZE UPDATE',
  [DOMAIN_INS.externalAuthenticate]: 'EXTERNAL AUTHENTICATE, level 33',
  [DOMAIN_INS.getStatus]: 'GET STATUS',
  [DOMAIN_INS.setStatus]: 'SET STATUS: secured',
};
const SELECT = 0xa4;

/** A transport to the card that writes steps. */
class Overheard implements ApduTransport {
  readonly extended = false;
  readonly #card: Purse;
  readonly #keys: Scp03Keys;
  #channel: Scp03Channel | undefined;
  /** What STORE DATA brought that is not yet a whole grouping. */
  #pending: Bytes = new Uint8Array(0);

  constructor(card: Purse, keys: Scp03Keys) {
    this.#card = card;
    this.#keys = keys;
  }

  async transmit(bytes: Bytes): Promise<Bytes> {
    const sent = decodeCommand(bytes);
    const answer = await this.#send(sent, bytes);
    return encodeResponse(answer);
  }

  #send(sent: CommandApdu, bytes: Bytes): Promise<Answer> {
    switch (sent.ins) {
      case SELECT:
        return this.#card.raw('SELECT of the security domain', [bytes], {
          powerCycle: true,
          explain: () => ({ application }),
        });
      case DOMAIN_INS.initializeUpdate:
        return this.#open(sent, bytes);
      case DOMAIN_INS.externalAuthenticate:
        return this.#card.raw(nameOf(sent), [bytes], { explain: () => ({ application }) });
      default:
        return this.#secured(sent, bytes);
    }
  }

  #open(sent: CommandApdu, bytes: Bytes): Promise<Answer> {
    const explain = ({ data }: Answer): Explained => {
      const shown = readInitializeUpdate(data);
      const host = openHost(symmetric, this.#keys, sent.data, shown, LEVEL);
      if (host.verdict !== 'ok') throw new Error(`the card is not the one it says: ${host.verdict}`);
      this.#channel = host.channel;
      const { sequence, cardChallenge, cardCryptogram } = shown;
      const values = {
        hostChallenge: sent.data,
        sequence,
        cardChallenge,
        context: concat(sent.data, cardChallenge),
        sessionKeys: host.channel.keys,
        cardCryptogram,
        hostCryptogram: host.command.data.subarray(0, 8),
        // Of EXTERNAL AUTHENTICATE: all 16 bytes, the first chaining value.
        externalAuthenticateMac: host.channel.chaining,
      };
      return { application, values: showFields(values) };
    };
    return this.#card.raw(nameOf(sent), [bytes], { explain });
  }

  #secured(sent: CommandApdu, bytes: Bytes): Promise<Answer> {
    if (this.#channel === undefined) throw new Error('no channel is open');
    const unwrapped = unwrapCommand(symmetric, this.#channel, sent);
    if (unwrapped.verdict !== 'ok') throw new Error(`the host sent what is ${unwrapped.verdict}`);
    const { command: plain, channel } = unwrapped;
    this.#channel = channel;
    const groupings = plain.ins === DOMAIN_INS.storeData ? this.#groupings(plain.data) : undefined;
    const explain = (answer: Answer): Explained => {
      const back = unwrapResponse(symmetric, channel, answer);
      if (back.verdict !== 'ok') throw new Error(`the card answered what is ${back.verdict}`);
      return {
        application,
        plain: { command: hex(encodeCommand(plain)), response: hex(encodeResponse(back.response)) },
        values: {
          counter: channel.counter,
          mac: hex(channel.chaining),
          ...(groupings === undefined ? {} : { groupings: groupings.map(showGrouping) }),
        },
      };
    };
    return this.#card.raw(nameOf(plain, groupings), [bytes], { explain });
  }

  /** The groupings that these bytes complete, deciphered. */
  #groupings(data: Bytes): DataGrouping[] {
    const found: DataGrouping[] = [];
    this.#pending = concat(this.#pending, data);
    for (let read = readGrouping(this.#pending); read !== undefined; read = readGrouping(this.#pending)) {
      found.push(this.#deciphered(read.grouping));
      this.#pending = this.#pending.slice(read.end);
    }
    return found;
  }

  #deciphered({ dgi, value }: DataGrouping): DataGrouping {
    if (!isSecretGrouping(dgi)) return { dgi, value: value.slice() };
    const padded = scp03DecryptSecret(symmetric, this.#keys, value);
    const plain = padded && unpad80(padded, 16);
    if (plain === undefined) throw new Error(`grouping ${dgi.toString(16)} does not decipher`);
    return { dgi, value: plain };
  }
}

const dgiText = (dgi: number): string => dgi.toString(16).toUpperCase().padStart(4, '0');

function nameOf({ ins, p2, data }: CommandApdu, groupings: readonly DataGrouping[] = []): string {
  if (ins === DOMAIN_INS.install)
    return `INSTALL [for personalization] of ${hex(parseInstallForPersonalization(data))}`;
  if (ins !== DOMAIN_INS.storeData) return FIXED_NAMES[ins] ?? `instruction ${ins.toString(16)}`;
  const whole = groupings.map(({ dgi }) => dgiText(dgi)).join(', ');
  return `STORE DATA, block ${p2}: ${whole === '' ? 'the beginning of a grouping' : `grouping ${whole}`}`;
}

const showGrouping = ({ dgi, value }: DataGrouping): Json => ({
  dgi: dgiText(dgi),
  value: hex(value),
  // Sokkin's own groupings, read.
  ...(dgi === DGI.control ? { control: showFields(parseControl(value)) } : {}),
  ...(dgi === DGI.risk ? { limits: showFields(parseRiskLimits(value)) } : {}),
});

/** Power, SELECT, and a channel with all protection there is. */
export async function openChannel(card: Purse, hostChallenge: string): Promise<DomainSession> {
  if (card.made === undefined) throw new Error('the card has no security domain');
  const { keys } = card.made.factory;
  const opened = await openDomain(new Overheard(card, keys), {
    keys,
    level: LEVEL,
    symmetric: { ...symmetric, randomBytes: () => fromHex(hostChallenge) },
  });
  return believed(opened);
}

/** The value of an outcome that cannot fail here. */
export function believed<T>(outcome: { readonly status: string; readonly value?: T }): T {
  if (outcome.status !== 'ok') throw new Error(`the card did not do it: ${outcome.status}`);
  return outcome.value as T;
}

/** A command to the security domain outside of a channel, or one that it refuses. */
export const askDomain = (card: Purse, does: string, bytes: Bytes, powerCycle?: true): Promise<Answer> =>
  card.raw(does, [bytes], { explain: () => ({ application }), ...(powerCycle ? { powerCycle } : {}) });
