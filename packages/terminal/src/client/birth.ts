/** Key, personalisation and PIN (docs/spec/card-application.md, sections 4.1 and 4.2). */
import { type Bytes, concat, equal } from '@sokkin/codec';
import type { Certificate, CryptoPort } from '@sokkin/crypto';
import { CLA, object, pinBlock, verifyEnrolment } from '@sokkin/purse';
import { type Outcome, ok, untrusted } from '../outcome.ts';
import type { ApduTransport } from '../transport.ts';
import { call, expectNothing, expectObject } from './call.ts';

/** P2 of VERIFY and CHANGE REFERENCE DATA: the purse's one PIN (ISO/IEC 7816-4, 11.5.6). */
const PIN_REFERENCE = 0x0080;

/** The data of GENERATE KEY. */
export const keyRequest = (nonce: Bytes): Bytes => object('nonce', nonce);

/** The Enrolment message, proven to be signed by the key that it shows, over this nonce. */
export async function generateKey(
  transport: ApduTransport,
  crypto: CryptoPort,
  nonce: Bytes,
): Promise<Outcome<Bytes>> {
  return believeEnrolment(crypto, nonce, await call(transport, 'generateKey', keyRequest(nonce), 'object'));
}

/** Proves what a purse answered to `keyRequest`, in whichever way it was asked. */
export async function believeEnrolment(
  crypto: CryptoPort,
  nonce: Bytes,
  answer: Outcome<Bytes>,
): Promise<Outcome<Bytes>> {
  const message = expectObject(answer, 'enrolment', (value) => value);
  if (message.status !== 'ok') return message;
  const enrolment = await verifyEnrolment(crypto, message.value);
  if (enrolment.status !== 'ok') return untrusted(`Enrolment: ${enrolment.status}`);
  if (!equal(enrolment.value.fields.nonce, nonce)) return untrusted('The enrolment is of another day.');
  return ok(message.value);
}

export interface Personality {
  readonly root: Certificate;
  readonly issuer: Certificate;
  readonly purse: Certificate;
  /** 4 to 12 digits. */
  readonly pin: string;
}

/** The data of STORE DATA; undefined if the PIN is none. */
export function identityRequest(p: Personality): Bytes | undefined {
  const block = pinBlock(p.pin);
  if (block === undefined) return undefined;
  return concat(
    object('root', p.root.bytes),
    object('issuer', p.issuer.bytes),
    object('purse', p.purse.bytes),
    object('pinBlock', block),
  );
}

export async function personalise(transport: ApduTransport, p: Personality): Promise<Outcome<void>> {
  const data = identityRequest(p);
  if (data === undefined) return { status: 'malformed' };
  return expectNothing(await call(transport, 'storeData', data, 'nothing'));
}

/** `malformed` without asking the purse, and so without burning a try, if these are not 4 to 12 digits. */
export async function verifyPin(transport: ApduTransport, pin: string): Promise<Outcome<void>> {
  const block = pinBlock(pin);
  if (block === undefined) return { status: 'malformed' };
  return expectNothing(await call(transport, 'verify', block, 'nothing', PIN_REFERENCE, CLA.interindustry));
}

export async function changePin(
  transport: ApduTransport,
  oldPin: string,
  newPin: string,
): Promise<Outcome<void>> {
  const [before, after] = [pinBlock(oldPin), pinBlock(newPin)];
  if (before === undefined || after === undefined) return { status: 'malformed' };
  const data = concat(before, after);
  return expectNothing(
    await call(transport, 'changeReferenceData', data, 'nothing', PIN_REFERENCE, CLA.interindustry),
  );
}
