/**
 * Keys as objects of a token: the label is the key's id; CKA_ID is a line of ours that says when it was made, and whether it
 * is retired. (The attributes that the standard has for dates are unreadable on some tokens.)
 *
 * What must hold: keys are made in the token, sensitive and not extractable; a retired key is also forbidden to sign or
 * encrypt by the token itself, where the token lets that be changed.
 */
import { type Bytes, SokkinError } from '@sokkin/codec';
import type { BlockKind, KeyInfo, KeyKind } from '@sokkin/issuer';
import type * as Pkcs11 from 'pkcs11js';
import { NEW_SECRET_BYTES } from '../block-keys.ts';
import { parseKeyId } from '../key-ids.ts';
import type { Handle } from './token.ts';

/** 1.2.840.10045.3.1.7, P-256. */
const P256 = Buffer.from('06082a8648ce3d030107', 'hex');
const POINT_BYTES = 65;
const SECRET_BYTES = 32;
const MOST_KEYS = 10_000;

export interface TokenKey {
  readonly info: KeyInfo;
  readonly handle: Handle;
}

export interface Session {
  readonly p: typeof Pkcs11;
  readonly module: Pkcs11.PKCS11;
  readonly session: Handle;
}

/** An AES key for single blocks says so: the token tells nothing but AES. */
const MARK = /^sokkin:(active|retired):(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)(:aes)?$/;
const markOf = (state: KeyInfo['state'], createdAt: Date, kind: KeyKind): Buffer =>
  Buffer.from(`sokkin:${state}:${createdAt.toISOString()}${kind === 'aes' ? ':aes' : ''}`);

/** Private and secret keys; of `id` alone if it is given. */
export function findKeys({ p, module, session }: Session, id?: string): TokenKey[] {
  const found: TokenKey[] = [];
  for (const type of [p.CKO_PRIVATE_KEY, p.CKO_SECRET_KEY]) {
    const template = [
      { type: p.CKA_CLASS, value: type },
      { type: p.CKA_TOKEN, value: true },
      ...(id === undefined ? [] : [{ type: p.CKA_LABEL, value: id }]),
    ];
    for (const handle of search({ p, module, session }, template)) {
      const key = readKey({ p, module, session }, handle);
      if (key !== undefined) found.push(key);
    }
  }
  return found;
}

function search({ module, session }: Session, template: Pkcs11.Template): Handle[] {
  module.C_FindObjectsInit(session, template);
  try {
    return module.C_FindObjects(session, MOST_KEYS);
  } finally {
    module.C_FindObjectsFinal(session);
  }
}

/** undefined: it is not one of ours. */
function readKey({ p, module, session }: Session, handle: Handle): TokenKey | undefined {
  const read = (type: number): Buffer => {
    const [attribute] = module.C_GetAttributeValue(session, handle, [{ type }]);
    return Buffer.isBuffer(attribute?.value) ? attribute.value : Buffer.alloc(0);
  };
  const id = read(p.CKA_LABEL).toString('utf8');
  const [, state, createdAt, forBlocks] = MARK.exec(read(p.CKA_ID).toString('latin1')) ?? [];
  const kind = kindOf(p, read(p.CKA_KEY_TYPE), forBlocks !== undefined);
  if (kind === undefined || parseKeyId(id) === undefined) return undefined;
  if (state === undefined || createdAt === undefined) return undefined;
  const isActive = state === 'active';
  return {
    handle,
    info: { id, kind, state: isActive ? 'active' : 'retired', createdAt: new Date(createdAt) },
  };
}

/** A CK_ULONG is in the machine's own order. */
function kindOf(p: typeof Pkcs11, type: Buffer, isForBlocks: boolean): KeyKind | undefined {
  const number =
    type.length === 8 ? Number(type.readBigUInt64LE()) : type.length === 4 ? type.readUInt32LE() : -1;
  if (number === p.CKK_EC) return 'signing';
  if (number === p.CKK_AES) return isForBlocks ? 'aes' : 'sealing';
  if (number === p.CKK_DES2 || number === p.CKK_DES3) return 'tdes';
  return number === p.CKK_GENERIC_SECRET || number === p.CKK_SHA256_HMAC ? 'mac' : undefined;
}

const namedAs = (p: typeof Pkcs11, id: string, kind: KeyKind, now: Date) => [
  { type: p.CKA_TOKEN, value: true },
  { type: p.CKA_LABEL, value: id },
  { type: p.CKA_ID, value: markOf('active', now, kind) },
];
const secretIn = (p: typeof Pkcs11) => [
  { type: p.CKA_PRIVATE, value: true },
  { type: p.CKA_SENSITIVE, value: true },
  { type: p.CKA_EXTRACTABLE, value: false },
];

/** Made elsewhere: the token keeps it from now on as it keeps its own. */
export function admitKey(s: Session, id: string, kind: BlockKind, secret: Bytes, now: Date): void {
  const { p, module, session } = s;
  module.C_CreateObject(session, [
    { type: p.CKA_CLASS, value: p.CKO_SECRET_KEY },
    { type: p.CKA_KEY_TYPE, value: kind === 'aes' ? p.CKK_AES : p.CKK_DES2 },
    ...namedAs(p, id, kind, now),
    ...secretIn(p),
    { type: p.CKA_ENCRYPT, value: true },
    { type: p.CKA_VALUE, value: Buffer.from(secret) },
  ]);
}

function generateBlockKey(s: Session, id: string, kind: BlockKind, now: Date): void {
  const { p, module, session } = s;
  const template = [
    ...namedAs(p, id, kind, now),
    ...secretIn(p),
    { type: p.CKA_ENCRYPT, value: true },
    // Its length is part of what a triple DES key is.
    ...(kind === 'aes' ? [{ type: p.CKA_VALUE_LEN, value: NEW_SECRET_BYTES.aes }] : []),
  ];
  const mechanism = kind === 'aes' ? p.CKM_AES_KEY_GEN : p.CKM_DES2_KEY_GEN;
  module.C_GenerateKey(session, { mechanism }, template);
}

export function generateKey(s: Session, id: string, kind: KeyKind, now: Date): void {
  const { p, module, session } = s;
  if (kind === 'tdes' || kind === 'aes') {
    generateBlockKey(s, id, kind, now);
    return;
  }
  const [named, secret] = [namedAs(p, id, kind, now), secretIn(p)];
  if (kind === 'signing') {
    module.C_GenerateKeyPair(
      session,
      { mechanism: p.CKM_EC_KEY_PAIR_GEN },
      [
        ...named,
        { type: p.CKA_PRIVATE, value: false },
        { type: p.CKA_VERIFY, value: true },
        { type: p.CKA_EC_PARAMS, value: P256 },
      ],
      [...named, ...secret, { type: p.CKA_SIGN, value: true }],
    );
    return;
  }
  const uses =
    kind === 'sealing'
      ? [
          { type: p.CKA_ENCRYPT, value: true },
          { type: p.CKA_DECRYPT, value: true },
        ]
      : [
          { type: p.CKA_SIGN, value: true },
          { type: p.CKA_VERIFY, value: true },
        ];
  const mechanism = kind === 'sealing' ? p.CKM_AES_KEY_GEN : p.CKM_GENERIC_SECRET_KEY_GEN;
  const size = { type: p.CKA_VALUE_LEN, value: SECRET_BYTES };
  module.C_GenerateKey(session, { mechanism }, [...named, ...secret, ...uses, size]);
}

export function publicPoint(s: Session, id: string): Bytes | undefined {
  const { p, module, session } = s;
  const [handle] = search(s, [
    { type: p.CKA_CLASS, value: p.CKO_PUBLIC_KEY },
    { type: p.CKA_TOKEN, value: true },
    { type: p.CKA_LABEL, value: id },
  ]);
  if (handle === undefined) return undefined;
  const [attribute] = module.C_GetAttributeValue(session, handle, [{ type: p.CKA_EC_POINT }]);
  const value = Buffer.isBuffer(attribute?.value) ? attribute.value : Buffer.alloc(0);
  // By the standard an OCTET STRING around the point; some HSMs give the point alone.
  const point = value.length === POINT_BYTES + 2 ? value.subarray(2) : value;
  if (point.length === POINT_BYTES && point[0] === 4) return new Uint8Array(point);
  throw new SokkinError('keys_damaged', `The token's public key ${id} is no uncompressed point of P-256.`);
}

export function retireKey({ p, module, session }: Session, { handle, info }: TokenKey): void {
  const mark = markOf('retired', info.createdAt, info.kind);
  module.C_SetAttributeValue(session, handle, [{ type: p.CKA_ID, value: mark }]);
  // A mac is still to be compared with.
  if (info.kind === 'mac') return;
  const use = info.kind === 'signing' ? p.CKA_SIGN : p.CKA_ENCRYPT;
  try {
    module.C_SetAttributeValue(session, handle, [{ type: use, value: false }]);
  } catch {
    // A token that keeps this fixed leaves it to us: the mark says so to every port.
  }
}

export function destroyKey(s: Session, { handle, info }: TokenKey): void {
  const { p, module, session } = s;
  module.C_DestroyObject(session, handle);
  for (const half of search(s, [
    { type: p.CKA_CLASS, value: p.CKO_PUBLIC_KEY },
    { type: p.CKA_LABEL, value: info.id },
  ]))
    module.C_DestroyObject(session, half);
}
