/**
 * How a PAN is kept, and found again (docs/spec/token-vault.md, section 3): sealed in an envelope that names its key, beside a keyed
 * hash to search by.
 *
 * What must hold: an envelope opens only under its key and for its owner, and all have one length, so that nothing tells the PAN's;
 * any key of the ring opens and finds what it made, so keys are replaced while all goes on; a hash tells nothing without its key.
 */
import {
  ascii,
  type Bytes,
  concat,
  digitsOf,
  encodeCn,
  fromAscii,
  Reader,
  SokkinError,
  u8,
} from '@sokkin/codec';
import { AEAD_NONCE, AEAD_TAG, type AeadPort } from '@sokkin/crypto';
import { Pan } from './pan.ts';

/** Keys by name: 1 to 32 letters, digits, dots, slashes, hyphens and underscores. The newest of each kind makes what is new. */
export interface VaultKeys {
  /** AES-256. */
  readonly sealing: ReadonlyMap<string, Bytes>;
  readonly sealWith: string;
  /** HMAC-SHA-256, 32 bytes. */
  readonly indexing: ReadonlyMap<string, Bytes>;
  readonly indexWith: string;
}

export interface PanIndex {
  readonly key: string;
  /** 32 bytes. */
  readonly value: Bytes;
}

export interface SealedPan {
  readonly envelope: Bytes;
  readonly index: PanIndex;
}

/** What keeps PANs. `owner` is the id of the row that the envelope stands in: in another row it does not open. */
export interface PanBox {
  seal(pan: Pan, owner: string): Promise<SealedPan>;
  /** Fails with `sealed_damaged` for what was not sealed for this owner, and `key_unknown`. */
  open(sealed: SealedPan, owner: string): Promise<Pan>;
  /** By every key of the ring, the newest first: one of them finds the PAN, whenever it was kept. */
  indexesOf(pan: Pan): Promise<readonly PanIndex[]>;
  /** Made under keys that are not the newest. */
  isStale(sealed: SealedPan): boolean;
  /** The names of the keys that make what is new. */
  readonly current: { readonly sealing: string; readonly indexing: string };
}

const VERSION = 1;
const KEY_NAME = /^[A-Za-z0-9._/-]{1,32}$/;
/** 19 digits in format cn, F after: every PAN takes as much. */
const PLAIN = 10;

export function panBox(port: AeadPort, keys: VaultKeys): PanBox {
  const [sealKey, indexKey] = [keyOf(keys.sealing, keys.sealWith), keyOf(keys.indexing, keys.indexWith)];
  for (const name of [...keys.sealing.keys(), ...keys.indexing.keys()])
    if (!KEY_NAME.test(name)) throw new SokkinError('bad_key_name', `Vault: "${name}" is no name of a key`);

  const indexUnder = async (key: string, secret: Bytes, pan: Pan): Promise<PanIndex> => ({
    key,
    value: await port.mac(secret, concat(ascii(INDEX_CONTEXT), encodeCn(pan.reveal(), PLAIN))),
  });

  return {
    async seal(pan, owner) {
      const nonce = port.randomBytes(AEAD_NONCE);
      const head = headOf(keys.sealWith);
      const sealed = await port.seal(sealKey, nonce, encodeCn(pan.reveal(), PLAIN), contextOf(head, owner));
      return {
        envelope: concat(head, nonce, sealed),
        index: await indexUnder(keys.indexWith, indexKey, pan),
      };
    },

    async open({ envelope }, owner) {
      const { name, nonce, sealed } = readEnvelope(envelope);
      const plain = await port.open(keyOf(keys.sealing, name), nonce, sealed, contextOf(headOf(name), owner));
      return plain === undefined ? damaged() : panIn(plain);
    },

    async indexesOf(pan) {
      const others = [...keys.indexing].filter(([name]) => name !== keys.indexWith);
      const all = [[keys.indexWith, indexKey] as const, ...others];
      return Promise.all(all.map(([name, secret]) => indexUnder(name, secret, pan)));
    },

    isStale: ({ envelope, index }) =>
      readEnvelope(envelope).name !== keys.sealWith || index.key !== keys.indexWith,

    current: { sealing: keys.sealWith, indexing: keys.indexWith },
  };
}

const INDEX_CONTEXT = 'sokkin-pan-index-1:';

function keyOf(keys: ReadonlyMap<string, Bytes>, name: string): Bytes {
  const key = keys.get(name);
  if (key === undefined) throw new SokkinError('key_unknown', `Vault: there is no key "${name}" in the ring`);
  return key;
}

const damaged = (): never => {
  throw new SokkinError('sealed_damaged', 'Vault: an envelope is damaged, or was sealed for another row');
};

function panIn(plain: Bytes): Pan {
  try {
    return Pan.of(digitsOf(plain));
  } catch (error) {
    if (error instanceof SokkinError) return damaged();
    throw error;
  }
}

/** Version, then the key's name with its length before it. */
const headOf = (name: string): Bytes => concat(u8(VERSION), u8(name.length), ascii(name));

/** Bound to the head, too, so that no envelope is taken for one under another key. */
const contextOf = (head: Bytes, owner: string): Bytes => concat(head, ascii(`sokkin-pan-1:${owner}`));

/** `sealed_damaged` for what is no envelope. */
function readEnvelope(envelope: Bytes): { name: string; nonce: Bytes; sealed: Bytes } {
  try {
    const r = new Reader(envelope, 'PAN envelope');
    if (r.u8() !== VERSION) return damaged();
    const name = fromAscii(r.take(r.u8()));
    const [nonce, sealed] = [r.take(AEAD_NONCE), r.take(PLAIN + AEAD_TAG)];
    r.end();
    return KEY_NAME.test(name) ? { name, nonce, sealed } : damaged();
  } catch (error) {
    if (error instanceof SokkinError) return damaged();
    throw error;
  }
}
