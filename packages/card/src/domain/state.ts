/**
 * What the security domain remembers, in its section of the head.
 *
 * What must hold: the keys never change after manufacture; the sequence counter only grows, and a number of it
 * is used after it was committed, so none comes back, wherever power is cut. The layout has one encoding.
 */
import {
  assert,
  type Bytes,
  CARD_LIFECYCLE,
  type CardLifecycle,
  cardLifecycleOf,
  Reader,
  SokkinError,
  Writer,
} from '@sokkin/codec';
import type { Scp03Keys, Scp03Mode } from '@sokkin/crypto';
import type { CardStore } from '../store.ts';

export const DIVERSIFICATION_LENGTH = 10;
/** Challenges, cryptograms and MACs of 8 bytes, as every GlobalPlatform tool knows them. */
export const DOMAIN_MODE: Scp03Mode = 8;
/** The sequence counter has 3 bytes (Amendment D, 6.2.2.1). */
export const MAX_SEQUENCE = 0xff_ffff;

/** What is put into a card where it is made. */
export interface FactoryKeys {
  /** 10 bytes that no other card has: the card's serial number, from which the issuer derives its keys. */
  readonly diversification: Bytes;
  /** Version 1 to 127 (GPCS, 11.1.8); the keys have 16, 24 or 32 bytes, all the same. */
  readonly keys: Scp03Keys;
}

export interface DomainState extends FactoryKeys {
  /** The number that was used last; 0: none was. */
  readonly sequence: number;
  readonly lifecycle: CardLifecycle;
}

const VERSION = 1;
const isKeyLength = (length: number): boolean => length === 16 || length === 24 || length === 32;
const isKeyVersion = (version: number): boolean => version >= 1 && version <= 0x7f;

/** The section of a card that leaves its factory. */
export function factorySection({ diversification, keys }: FactoryKeys): Bytes {
  const { version, enc, mac, dek } = keys;
  assert(diversification.length === DIVERSIFICATION_LENGTH, 'diversification data has 10 bytes');
  assert(Number.isInteger(version) && isKeyVersion(version), 'a key version is 1 to 127');
  const sound = isKeyLength(enc.length) && [mac, dek].every((key) => key.length === enc.length);
  assert(sound, 'three AES keys of one length');
  return encodeDomain({ diversification, keys, sequence: 0, lifecycle: 'initialized' });
}

export function encodeDomain({ diversification, keys, sequence, lifecycle }: DomainState): Bytes {
  return new Writer()
    .u8(VERSION)
    .bytes(diversification)
    .u8(keys.version)
    .u8(keys.enc.length)
    .bytes(keys.enc)
    .bytes(keys.mac)
    .bytes(keys.dek)
    .u8(sequence >>> 16)
    .u16(sequence & 0xffff)
    .u8(CARD_LIFECYCLE[lifecycle])
    .finish();
}

/** Fails with `memory_damaged`, or an error of the codec, for anything that `encodeDomain` does not write. */
export function decodeDomain(section: Bytes): DomainState {
  const r = new Reader(section, 'security domain');
  if (r.u8() !== VERSION) throw damaged('its version is unknown');
  const diversification = r.take(DIVERSIFICATION_LENGTH).slice();
  const version = r.u8();
  const length = r.u8();
  if (!isKeyVersion(version) || !isKeyLength(length)) throw damaged('its keys are of no known kind');
  const [enc, mac, dek] = [r.take(length).slice(), r.take(length).slice(), r.take(length).slice()];
  const sequence = (r.u8() << 16) | r.u16();
  const lifecycle = cardLifecycleOf(r.u8());
  if (lifecycle === undefined) throw damaged('its lifecycle is unknown');
  r.end();
  return { diversification, keys: { version, enc, mac, dek }, sequence, lifecycle };
}

const damaged = (what: string): SokkinError =>
  new SokkinError('memory_damaged', `The security domain of the card is damaged: ${what}.`);

export interface DomainStore {
  readonly state: DomainState;
  commit(next: DomainState): Promise<void>;
}

/** The domain's own view of the store; undefined: the card left its factory without keys. */
export function domainStore(store: CardStore): DomainStore | undefined {
  const section = store.section('domain');
  if (section === undefined) return undefined;
  let state = decodeDomain(section);
  return {
    get state() {
      return state;
    },
    async commit(next) {
      await store.commitAll({ sections: { domain: encodeDomain(next) } });
      state = next;
    },
  };
}
