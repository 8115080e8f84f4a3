/**
 * How a payment card of Sokkin comes to life, over any reader: its purse is born and its payment application loaded
 * through its security domain, and then a first Grant and a first payment make it live
 * (docs/spec/card-application.md, sections 10 and 4).
 *
 * What must hold: the card is known by its APDUs only; the steps can be taken one by one, each in a tap of its own.
 */
import { type Bytes, EMV_MODULE_AID, SW } from '@sokkin/codec';
import {
  ASSURANCE,
  type Certificate,
  type CryptoPort,
  issueCertificate,
  ROLE,
  type SymmetricPort,
} from '@sokkin/crypto';
import { type Grant, parseEnrolment, parseTicket } from '@sokkin/purse';
import {
  type ApduTransport,
  type DomainKeys,
  type DomainOutcome,
  type DomainSession,
  enrolPurse,
  identifyPurse,
  openDomain,
  select,
} from '@sokkin/terminal';
import { apdu, nextGrant, say, sole } from '../card-conformance/commands.ts';
import { must } from '../card-conformance/tapping.ts';
import {
  fieldsOf,
  issuerPayment,
  LARGE_LIMITS,
  name8,
  PIN,
  ticketRequest,
  type World,
  ZERO_NONCE,
} from '../parties.ts';
import type { Bank } from './bank.ts';

/** The security domain, selected, with a channel that protects everything. */
export async function channelTo(
  transport: ApduTransport,
  symmetric: SymmetricPort,
  keys: DomainKeys,
): Promise<DomainSession> {
  return must(await openDomain(transport, { ...keys, symmetric }));
}

/** The purse makes its key; the issuer of `world` certifies it as number `no`. */
export async function enrol(
  session: DomainSession,
  crypto: CryptoPort,
  world: World,
  no: number,
): Promise<Certificate> {
  const message = must(await enrolPurse(session, crypto, ZERO_NONCE));
  const { publicKey } = parseEnrolment(message).fields;
  const { key, certificate } = world.issuer;
  const fields = fieldsOf(ROLE.purse, certificate.subjectRef, name8(no), publicKey, {
    assurance: ASSURANCE.secureElement,
  });
  return issueCertificate(crypto, key.handle, fields);
}

/** The purse gets its certificates, and a PIN that the payment application's replaces later. */
export async function identify(session: DomainSession, world: World, purse: Certificate): Promise<void> {
  const [root, issuer] = [world.root.certificate, world.issuer.certificate];
  must(await identifyPurse(session, { root, issuer, purse, pin: PIN }));
}

export const loadPayment = (
  session: DomainSession,
  { groupings }: Bank,
): Promise<DomainOutcome<readonly Bytes[]>> => session.personalise(EMV_MODULE_AID, groupings);

/** A Statement, and the Grant on it. The purse is selected before. */
export async function grant(
  transport: ApduTransport,
  world: World,
  override: Partial<Grant> = {},
): Promise<void> {
  must(await select(transport));
  const { sw } = await say(transport, await nextGrant(world, transport, override));
  if (sw !== SW.ok) throw new Error(`APPLY GRANT was answered with ${sw.toString(16)}`);
}

/** The first Grant, and new money of the issuer's purse. */
export async function activate(transport: ApduTransport, world: World, amount: bigint): Promise<void> {
  await grant(transport, world, { order: 'activate', limits: LARGE_LIMITS });
  const { data } = await say(transport, apdu('issueTicket', ticketRequest(amount, 1)));
  const { fields } = parseTicket(sole('ticket', data));
  const { sw } = await say(transport, apdu('credit', await issuerPayment(world, fields, amount)));
  if (sw !== SW.ok) throw new Error(`CREDIT was answered with ${sw.toString(16)}`);
}

/** All of it, in one tap. The purse is selected afterwards. */
export async function bringToLife(
  transport: ApduTransport,
  world: World,
  bank: Bank,
  parts: { symmetric: SymmetricPort; keys: DomainKeys; no: number; balance: bigint },
): Promise<Certificate> {
  const session = await channelTo(transport, parts.symmetric, parts.keys);
  const certificate = await enrol(session, world.crypto, world, parts.no);
  await identify(session, world, certificate);
  must(await loadPayment(session, bank));
  must(await session.setStatus('secured'));
  await activate(transport, world, parts.balance);
  return certificate;
}
