/**
 * The birth of a purse through the security domain: what GENERATE KEY and STORE DATA carry in the open, in two
 * personalisations, because between them the back-end certifies the key.
 *
 * What must hold: as in client/birth.ts: the private key is made in the purse and stays there, and what comes from it is
 * believed for its signature, not for the channel.
 */
import { type Bytes, DGI } from '@sokkin/codec';
import type { CryptoPort } from '@sokkin/crypto';
import { PURSE_AID } from '@sokkin/purse';
import { believeEnrolment, identityRequest, keyRequest, type Personality } from '../client/birth.ts';
import { type Failure, ok } from '../outcome.ts';
import { type DomainOutcome, done } from './outcome.ts';
import type { DomainSession } from './session.ts';

/** The Enrolment message of a blank purse. Asked again, the same key signs the new nonce. */
export async function enrolPurse(
  session: DomainSession,
  crypto: CryptoPort,
  nonce: Bytes,
): Promise<DomainOutcome<Bytes> | Failure> {
  const answers = await session.personalise(PURSE_AID, [{ dgi: DGI.purseKey, value: keyRequest(nonce) }]);
  if (answers.status !== 'ok') return answers;
  return believeEnrolment(crypto, nonce, ok(answers.value[0] ?? new Uint8Array(0)));
}

/** Certificates and first PIN. `malformed`, and nothing is sent, if the PIN is none. */
export async function identifyPurse(
  session: DomainSession,
  personality: Personality,
): Promise<DomainOutcome<void> | Failure> {
  const value = identityRequest(personality);
  if (value === undefined) return { status: 'malformed' };
  const answers = await session.personalise(PURSE_AID, [{ dgi: DGI.purseIdentity, value }]);
  return answers.status === 'ok' ? done(undefined) : answers;
}
