/** Key generation, personalisation, PIN (docs/spec/card-application.md, sections 4.1 and 4.2). */
import { type Bytes, concat, equal, type ResponseApdu, SW } from '@sokkin/codec';
import { verifyRoot } from '@sokkin/crypto';
import {
  burnPinTry,
  CLA,
  changePin,
  checkPin,
  encodeEnrolment,
  INS,
  installKey,
  isPinBlock,
  NONCE_LENGTH,
  object,
  PURSE_ROLES,
  type PurseState,
  personalise,
  refuse,
  type Step,
  unchanged,
  verifyShownChain,
} from '@sokkin/purse';
import { failed, ok, refusal } from '../applet.ts';
import { type Command, type Context, commit, malformed, perform } from './context.ts';
import { objectsReader, ofLength } from './data.ts';

const readNonce = objectsReader(['nonce']);
const readIdentity = objectsReader(['root', 'issuer', 'purse', 'pinBlock']);

/** The key is made once; asked again the same key signs the new nonce. */
export async function enrol(ctx: Context, data: Bytes): Promise<ResponseApdu> {
  const objects = readNonce(data);
  const nonce = objects && ofLength(objects.nonce, NONCE_LENGTH);
  if (nonce === undefined) return malformed();
  if (ctx.store.state.lifecycle !== 'blank') return refusal('already_personalised');
  if (ctx.store.state.key === undefined) {
    const step = installKey(ctx.store.state, await ctx.crypto.generateKey());
    if (step.status !== 'ok') return refusal(step.status);
    await commit(ctx, step.state);
  }
  const { key } = ctx.store.state;
  if (key === undefined) return refusal('key_missing');
  const body = encodeEnrolment({ nonce, publicKey: key.publicKey });
  return ok(object('enrolment', concat(body, await ctx.crypto.sign(key.handle, body))));
}

/** GENERATE ASYMMETRIC KEY PAIR. */
export const generateKey: Command = {
  name: 'GENERATE KEY',
  cla: CLA.purse,
  ins: INS.generateKey,
  p1p2: 0x0000,
  run: (ctx, { data }) => enrol(ctx, data),
};

/** The purse as it will be with this identity, after all checks; nothing is stored. */
export async function identify(ctx: Context, data: Bytes): Promise<Step> {
  const objects = readIdentity(data);
  if (objects === undefined) return refuse('malformed');
  const { state } = ctx.store;
  if (state.lifecycle !== 'blank') return answerRepeated(state, objects);
  const root = ctx.readCertificate(objects.root);
  const issuer = ctx.readCertificate(objects.issuer);
  const purse = ctx.readCertificate(objects.purse);
  if (root === undefined || issuer === undefined || purse === undefined)
    return refuse('certificate_malformed');
  if ((await verifyRoot(ctx.crypto, root)) !== 'ok') return refuse('certificate_bad_signature');
  const trust = { root, knownIssuers: [], epoch: purse.effective };
  const chain = { issuer, leaf: purse };
  const verdict = await verifyShownChain(ctx.crypto, trust, chain, PURSE_ROLES, 'refuse_expired');
  if (verdict !== 'ok') return refuse(verdict);
  return personalise(state, { identity: { root, issuer, purse }, pinBlock: objects.pinBlock.slice() });
}

/** STORE DATA: certificates and the first PIN, in one write. */
export const storeData: Command = {
  name: 'STORE DATA',
  cla: CLA.purse,
  ins: INS.storeData,
  p1p2: 0x0000,
  async run(ctx, { data }) {
    return perform(ctx, await identify(ctx, data), undefined);
  },
};

/**
 * The answer may have been lost: the same certificates again are what was done (I4). The PIN is not compared,
 * or this would be a way to try PINs; nothing of the repeated command takes effect.
 */
function answerRepeated(
  state: PurseState,
  shown: { readonly root: Bytes; readonly issuer: Bytes; readonly purse: Bytes },
): Step {
  const { identity } = state;
  const same =
    state.lifecycle === 'personalised' &&
    identity !== undefined &&
    equal(shown.root, identity.root.bytes) &&
    equal(shown.issuer, identity.issuer.bytes) &&
    equal(shown.purse, identity.purse.bytes);
  return same ? unchanged(state) : refuse('already_personalised');
}

/** VERIFY (ISO/IEC 7816-4 section 11.5.6). Without data it tells the tries that are left. */
export const verify: Command = {
  name: 'VERIFY',
  cla: CLA.interindustry,
  ins: INS.verify,
  p1p2: 0x0080,
  async run(ctx, { data }) {
    const { pin } = ctx.store.state;
    if (data.length === 0) {
      if (ctx.session.pinVerified) return ok();
      if (pin === undefined) return refusal('wrong_lifecycle');
      return pin.triesLeft === 0 ? refusal('pin_blocked') : failed(SW.counter | pin.triesLeft);
    }
    if (data.length !== 8) return failed(SW.wrongLength);
    return verifyBlock(ctx, data.slice());
  },
};

/** CHANGE REFERENCE DATA (ISO/IEC 7816-4 section 11.5.7): old block, new block. */
export const changeReferenceData: Command = {
  name: 'CHANGE REFERENCE DATA',
  cla: CLA.interindustry,
  ins: INS.changeReferenceData,
  p1p2: 0x0080,
  async run(ctx, { data }) {
    if (data.length !== 16) return failed(SW.wrongLength);
    if (!isPinBlock(data.subarray(8))) return malformed();
    const verified = await verifyBlock(ctx, data.slice(0, 8));
    if (verified.sw !== SW.ok) return verified;
    const changed = changePin(ctx.store.state, data.slice(8));
    await commit(ctx, changed);
    return ok();
  },
};

/** One try is burnt and stored before anything is compared, so that cutting power gains no try. */
async function verifyBlock(ctx: Context, block: Uint8Array) {
  ctx.session.pinVerified = false;
  const burnt = burnPinTry(ctx.store.state);
  if (burnt.status !== 'ok') return refusal(burnt.status);
  await commit(ctx, burnt.state);
  const checked = checkPin(ctx.store.state, block);
  if (checked === undefined) {
    const left = ctx.store.state.pin?.triesLeft ?? 0;
    return left === 0 ? refusal('pin_blocked') : failed(SW.counter | left);
  }
  await commit(ctx, checked);
  ctx.session.pinVerified = true;
  return ok();
}
