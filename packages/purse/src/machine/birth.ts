/** How a purse comes to life: key, personalisation, PIN (docs/spec/protocol.md, sections 6.7 and 6.8). */
import { assert, type Bytes, equal } from '@sokkin/codec';
import { pinBlock as blockOfPin, type KeyPair, pinOfBlock, ROLE, sha256 } from '@sokkin/crypto';
import type { Identity, PurseState } from '../state.ts';
import { append, refuse, type Step, unchanged } from './step.ts';

export function installKey(old: PurseState, key: KeyPair): Step {
  if (old.lifecycle !== 'blank') return refuse('already_personalised');
  assert(old.key === undefined, 'a key is generated once');
  return unchanged({ ...old, key: { handle: key.handle, publicKey: key.publicKey } });
}

/** Certificates whose chain was verified, and the first PIN. */
export interface PersonaliseRequest {
  readonly identity: Identity;
  /** ISO 9564-1 format 2 block. */
  readonly pinBlock: Bytes;
}

/** Gives a blank purse its identity; it can do nothing with it before its first Grant activates it. */
export function personalise(old: PurseState, { identity, pinBlock }: PersonaliseRequest): Step {
  if (old.lifecycle !== 'blank') return refuse('already_personalised');
  if (old.key === undefined) return refuse('key_missing');
  const { purse } = identity;
  if (purse.role !== ROLE.purse && purse.role !== ROLE.issuerPurse) return refuse('certificate_wrong_role');
  if (!equal(purse.publicKey, old.key.publicKey)) return refuse('certificate_other_key');
  if (!isPinBlock(pinBlock)) return refuse('malformed');
  const state: PurseState = {
    ...old,
    lifecycle: 'personalised',
    identity,
    pin: { block: pinBlock, triesLeft: old.profile.pinTries },
    epoch: purse.effective,
  };
  const fields = { currency: purse.currency, certificateHash: sha256(purse.bytes) };
  const added = append(old, state, { type: 'genesis', fields }, (base) => base);
  return { status: 'ok', state: added.state, answer: { kind: 'none' } };
}

/** ISO 9564-1 format 2: 2L, L digits (4 to 12), filled with F to 8 bytes. */
export const isPinBlock = (block: Bytes): boolean => pinOfBlock(block) !== undefined;

/** Builds the block from the digits a person types; undefined if they are not 4 to 12 digits. */
export const pinBlock = (digits: string): Bytes | undefined =>
  /^[0-9]{4,12}$/.test(digits) ? blockOfPin(digits) : undefined;

/** First half of every PIN check: one try is gone, in a commit of its own, before anything is compared. */
export function burnPinTry(old: PurseState): Step {
  if (old.pin === undefined || old.lifecycle === 'terminated') return refuse('wrong_lifecycle');
  if (old.pin.triesLeft === 0) return refuse('pin_blocked');
  return unchanged({ ...old, pin: { ...old.pin, triesLeft: old.pin.triesLeft - 1 } });
}

/** Second half: compares without an early exit. `undefined`: wrong PIN, the try stays burnt. */
export function checkPin(burnt: PurseState, block: Bytes): PurseState | undefined {
  assert(burnt.pin !== undefined, 'a try was burnt before');
  const expected = burnt.pin.block;
  let difference = block.length ^ expected.length;
  for (let i = 0; i < expected.length; i++) difference |= (block[i] ?? 0) ^ (expected[i] ?? 0);
  if (difference !== 0) return undefined;
  return { ...burnt, pin: { ...burnt.pin, triesLeft: burnt.profile.pinTries }, spentWithoutPin: 0n };
}

export function changePin(verified: PurseState, block: Bytes): PurseState {
  assert(
    verified.pin !== undefined && isPinBlock(block),
    'the old PIN was verified and the new one is well-formed',
  );
  return { ...verified, pin: { ...verified.pin, block } };
}
