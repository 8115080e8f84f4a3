/**
 * Issuer master keys that stay in the key port, as EMV's derivations want them (docs/spec/emv-issuer.md, section 3).
 *
 * A card's keys are encryptions of blocks that its number alone decides. So they are asked for before the derivation, from whatever keeps
 * the keys, and the derivation then finds its answers here.
 *
 * What must hold: a handle is a key by being that very object, never by its bytes; under a handle nothing is computed but what was asked
 * for; everything under other keys goes to the port beneath.
 */
import { type Bytes, concat, hex } from '@sokkin/codec';
import { type CardIdentity, iccMasterKey, type SymmetricPort } from '@sokkin/crypto';
import type { CryptogramKeys, CryptogramProfile, KeyPort } from '@sokkin/issuer';

/** Ids of keys of the port. */
export interface MasterKeyIds {
  readonly cryptogram: string;
  readonly scriptMac: string;
  readonly scriptEncipher: string;
}

/** By id and block, what the block is under the key. */
export type Answers = ReadonlyMap<string, Bytes>;

const BLOCK = { tdes: 8, aes: 16 } as const;
const answerName = (id: string, block: Bytes): string => `${id} ${hex(block)}`;
const handleFor = (id: string): Bytes => new TextEncoder().encode(id);

/** The blocks that a card's keys are the encryptions of: the same under each of the three master keys. */
function blocksOf({ cipher, masterKey, keyLength }: CryptogramProfile, card: CardIdentity): readonly Bytes[] {
  const blocks: Bytes[] = [];
  const note = (block: Bytes): Bytes => {
    blocks.push(block.slice());
    return new Uint8Array(BLOCK[cipher]);
  };
  const noting: SymmetricPort = {
    randomBytes: refuse,
    aesEncryptBlock: (_key, block) => note(block),
    desCbcEncrypt: (_key, _iv, data) => note(data),
    aesCbcEncrypt: refuse,
    aesCbcDecrypt: refuse,
    desCbcDecrypt: refuse,
  };
  iccMasterKey(noting, masterKey, handleFor('card'), card, keyLength);
  return blocks;
}

const refuse = (): never => {
  throw new Error('Bug: a derivation encrypts single blocks, and does nothing else');
};

/** One call of the port for each of the three keys. */
export async function askForCard(
  keys: KeyPort,
  ids: MasterKeyIds,
  version: CryptogramProfile,
  card: CardIdentity,
): Promise<Answers> {
  const blocks = blocksOf(version, card);
  const size = BLOCK[version.cipher];
  const answers = new Map<string, Bytes>();
  await Promise.all(
    Object.values(ids).map(async (id: string) => {
      const under = await keys.encipher(id, concat(...blocks));
      for (const [i, block] of blocks.entries())
        answers.set(answerName(id, block), under.slice(i * size, (i + 1) * size));
    }),
  );
  return answers;
}

/** The port and the handles for one card. */
export function handlePort(
  beneath: SymmetricPort,
  ids: MasterKeyIds,
  answers: Answers,
): { readonly port: SymmetricPort; readonly keys: CryptogramKeys } {
  const handles = new Map<Bytes, string>();
  const handle = (id: string): Bytes => {
    const bytes = handleFor(id);
    handles.set(bytes, id);
    return bytes;
  };
  const keys: CryptogramKeys = {
    cryptogram: handle(ids.cryptogram),
    scriptMac: handle(ids.scriptMac),
    scriptEncipher: handle(ids.scriptEncipher),
  };
  const under = (key: Bytes, block: Bytes): Bytes | undefined => {
    const id = handles.get(key);
    if (id === undefined) return undefined;
    return answers.get(answerName(id, block)) ?? refuse();
  };
  const port: SymmetricPort = {
    ...beneath,
    aesEncryptBlock: (key, block) => under(key, block) ?? beneath.aesEncryptBlock(key, block),
    // The derivation's vector is zero: one block of it is the block by itself.
    desCbcEncrypt: (key, iv, data) => under(key, data) ?? beneath.desCbcEncrypt(key, iv, data),
  };
  return { port, keys };
}
