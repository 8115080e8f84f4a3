/** The calls of protocol.ts on a token. What must hold: each is done, or fails with a code of KeyPort. */
import { type Bytes, SokkinError } from '@sokkin/codec';
import type { KeyKind } from '@sokkin/issuer';
import type * as Pkcs11 from 'pkcs11js';
import { checkBlocks } from '../block-keys.ts';
import { sealedDamaged, TAG_BYTES } from '../envelope.ts';
import { keyActive, keyExists, keyRetired, keyUnknown, keyWrongKind } from '../key-ids.ts';
import {
  admitKey,
  destroyKey,
  findKeys,
  generateKey,
  publicPoint,
  retireKey,
  type Session,
  type TokenKey,
} from './objects.ts';
import type { CallName, Calls, Seal } from './protocol.ts';
import { rvOf, type Token } from './token.ts';

const SIGNATURE_BYTES = 64;
const MAC_BYTES = 32;
/** CKR_ENCRYPTED_DATA_INVALID, CKR_ENCRYPTED_DATA_LEN_RANGE, CKR_AEAD_DECRYPT_FAILED, CKR_GENERAL_ERROR, CKR_SIGNATURE_INVALID */
const NOT_AUTHENTIC = new Set([0x40, 0x41, 0x42, 0x05, 0xc0]);

type Handlers = { readonly [N in CallName]: (input: Calls[N]['input']) => Calls[N]['output'] };

export function callsOn(token: Token): Handlers {
  const p = token.pkcs11;
  const cache = new Map<string, TokenKey>();
  const use = <T>(work: (s: Session) => T): T =>
    token.use((module, session) => {
      try {
        return work({ p, module, session });
      } catch (error) {
        // Handles are a session's own.
        if (rvOf(error) !== undefined) cache.clear();
        throw error;
      }
    });

  function find(s: Session, id: string, kind?: KeyKind): TokenKey {
    const key = cache.get(id) ?? findKeys(s, id)[0];
    if (key === undefined) throw keyUnknown(id);
    cache.set(id, key);
    if (kind !== undefined && key.info.kind !== kind) throw keyWrongKind(id, key.info.kind);
    return key;
  }
  function active(s: Session, id: string, kind?: KeyKind): TokenKey {
    const key = find(s, id, kind);
    if (key.info.state === 'retired') throw keyRetired(id);
    return key;
  }

  return {
    login: () => use(() => null),
    list: () =>
      use((s) => {
        cache.clear();
        const keys = findKeys(s);
        for (const key of keys) cache.set(key.info.id, key);
        return keys.map((key) => key.info);
      }),
    generate: ({ id, kind, now }) =>
      use((s) => {
        if (findKeys(s, id).length > 0) throw keyExists(id);
        generateKey(s, id, kind, now);
        return null;
      }),
    publicKey: ({ id }) =>
      use((s) => {
        find(s, id, 'signing');
        const point = publicPoint(s, id);
        if (point !== undefined) return point;
        throw new SokkinError(
          'keys_damaged',
          `The token has the private key ${id}, but not its public half.`,
        );
      }),
    sign: ({ id, digest }) =>
      use((s) => {
        const { handle } = active(s, id, 'signing');
        s.module.C_SignInit(s.session, { mechanism: p.CKM_ECDSA }, handle);
        return copy(s.module.C_Sign(s.session, Buffer.from(digest), Buffer.alloc(SIGNATURE_BYTES)));
      }),
    mac: ({ id, message }) =>
      use((s) => {
        const { handle } = find(s, id, 'mac');
        s.module.C_SignInit(s.session, { mechanism: p.CKM_SHA256_HMAC }, handle);
        return copy(s.module.C_Sign(s.session, Buffer.from(message), Buffer.alloc(MAC_BYTES)));
      }),
    encrypt: ({ id, ...seal }) =>
      use((s) => {
        const { handle } = active(s, id, 'sealing');
        s.module.C_EncryptInit(s.session, gcm(p, seal), handle);
        const out = Buffer.alloc(seal.text.length + TAG_BYTES);
        return copy(s.module.C_Encrypt(s.session, Buffer.from(seal.text), out));
      }),
    decrypt: ({ id, ...seal }) =>
      use((s) => {
        const { handle } = find(s, id, 'sealing');
        s.module.C_DecryptInit(s.session, gcm(p, seal), handle);
        try {
          return copy(s.module.C_Decrypt(s.session, Buffer.from(seal.text), Buffer.alloc(seal.text.length)));
        } catch (error) {
          if (NOT_AUTHENTIC.has(rvOf(error) ?? -1)) throw sealedDamaged();
          throw error;
        }
      }),
    admit: ({ id, kind, secret, now }) =>
      use((s) => {
        if (findKeys(s, id).length > 0) throw keyExists(id);
        admitKey(s, id, kind, secret, now);
        return null;
      }),
    encipher: ({ id, blocks }) =>
      use((s) => {
        const { handle, info } = active(s, id);
        checkBlocks(id, info.kind, blocks);
        const mechanism = info.kind === 'aes' ? p.CKM_AES_ECB : p.CKM_DES3_ECB;
        s.module.C_EncryptInit(s.session, { mechanism }, handle);
        return copy(s.module.C_Encrypt(s.session, Buffer.from(blocks), Buffer.alloc(blocks.length)));
      }),
    retire: ({ id }) =>
      use((s) => {
        const key = find(s, id);
        if (key.info.state === 'active') retireKey(s, key);
        cache.delete(id);
        return null;
      }),
    destroy: ({ id }) =>
      use((s) => {
        const key = find(s, id);
        if (key.info.state === 'active') throw keyActive(id);
        destroyKey(s, key);
        cache.delete(id);
        return null;
      }),
    close: () => {
      token.close();
      return null;
    },
  };
}

const copy = (buffer: Buffer): Bytes => new Uint8Array(buffer);

function gcm(p: typeof Pkcs11, { nonce, associated }: Seal): Pkcs11.Mechanism {
  const parameter: Pkcs11.AesGCM = {
    type: p.CK_PARAMS_AES_GCM_v240,
    iv: Buffer.from(nonce),
    ivBits: nonce.length * 8,
    aad: Buffer.from(associated),
    tagBits: TAG_BYTES * 8,
  };
  return { mechanism: p.CKM_AES_GCM, parameter };
}
