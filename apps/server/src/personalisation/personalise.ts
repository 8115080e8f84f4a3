/**
 * Personalising a card, as the back-end drives it through whoever holds it (docs/spec/card-application.md, section 12):
 *
 *     [SELECT purse]; open the domain; key of the purse -> certificate; identity and PIN; payment application; secured
 *
 * What must hold: no key of the card leaves in the clear; whatever is written on the card was written down here before, so
 * that the next attempt knows what may be there; cut off anywhere, the same order again ends with the same purse.
 */
import { type Bytes, EMV_MODULE_AID, equal, fromHex, hex } from '@sokkin/codec';
import { type Certificate, parseCertificate } from '@sokkin/crypto';
import { type CardAttempt, type CardProfile, type CardRow, type PurseRow, prepareCard } from '@sokkin/issuer';
import {
  type ApduTransport,
  type DomainSession,
  enrolPurse,
  identifyPurse,
  openDomain,
  select,
} from '@sokkin/terminal';
import { type Backend, dayOf, lineOfPurse } from '../backend.ts';
import { finishItem, holdIfOrdered } from '../operations/card-orders.ts';
import { assertNewest, keysOfChip, reserve } from '../operations/cards.ts';
import { makeNonce } from '../operations/nonces.ts';
import { enrol, getPurse } from '../operations/purses.ts';
import { believed, CardFailure } from './failure.ts';
import { type LimitedUse, type Order, type Personalised, USES_OF_A_KEY } from './order.ts';

/** `row`: as its newest attempt found it. */
export async function personaliseCard(
  b: Backend,
  card: ApduTransport,
  row: CardRow,
  order: Order,
): Promise<Personalised> {
  const before = row.purse === undefined ? undefined : await shownPurse(card);
  const domain = await openChip(b, card, row);
  const purse =
    before === undefined
      ? await giveIdentity(b, domain, row, order)
      : await sameIdentity(b, row, order, before);
  const loaded = await loadPayment(b, domain, row, order, purse);
  believed(await domain.setStatus('secured'));
  return b.store.write(async (tx) => {
    assertNewest(await tx.cards.personalised(row, b.clock()));
    await finishItem(b, tx, row.serial, purse.id);
    const { application } = (await tx.cards.bySerial(row.serial)) ?? row;
    if (application === undefined) throw new Error('Bug: a personalised card has an application');
    return { serial: row.serial, purse: purse.id, certificate: purse.certificate, application, ...loaded };
  });
}

/** An open channel to the very chip of this row. */
export async function openChip(b: Backend, card: ApduTransport, row: CardRow): Promise<DomainSession> {
  const { symmetric } = (await b.emvKeys.get()).preparation;
  const keys = await keysOfChip(b, row);
  const isIt = (serial: Bytes, version: number) =>
    equal(serial, fromHex(row.serial)) && version === row.keyVersion;
  const keyOf = (serial: Bytes, version: number) => (isIt(serial, version) ? keys : undefined);
  const domain = believed(await openDomain(card, { symmetric, keyOf }));
  if (domain.info.isLocked) throw new CardFailure('card_locked');
  return domain;
}

/** Only of a card whose key was certified before: it may have got its identity as well. */
async function shownPurse(card: ApduTransport): Promise<Certificate | undefined> {
  return believed(await select(card)).certificate;
}

async function giveIdentity(
  b: Backend,
  domain: DomainSession,
  attempt: CardAttempt,
  { account, assurance, tier, device, pin }: Order,
): Promise<PurseRow> {
  const { nonce } = makeNonce(b);
  const enrolment = believed(await enrolPurse(domain, b.crypto, nonce));
  const purse = await b.store.write(async (tx) => {
    const enrolled = await enrol(b, tx, { account, assurance, tier, device, enrolment });
    assertNewest(await tx.cards.setPurse(attempt, enrolled.id));
    await holdIfOrdered(tx, attempt.serial, enrolled.id);
    return enrolled;
  });
  const certified = parseCertificate(purse.certificate);
  const issuer = lineOfPurse(b, certified).issuer.certificate;
  const certificates = { root: b.pki.root, issuer, purse: certified };
  believed(await identifyPurse(domain, { ...certificates, pin }));
  return purse;
}

/** The identity that the card shows is the one that this order asks for. */
async function sameIdentity(
  b: Backend,
  { purse: id }: CardRow,
  { account, assurance, tier, device }: Order,
  shown: Certificate,
): Promise<PurseRow> {
  if (id !== hex(shown.subjectRef)) throw new CardFailure('card_of_another');
  const purse = await b.store.read((tx) => getPurse(tx, id));
  const isSame =
    purse.accountId === account &&
    purse.assurance === assurance &&
    shown.tier === tier &&
    purse.device === device;
  if (!isSame || !equal(purse.certificate, shown.bytes)) throw new CardFailure('card_of_another');
  return purse;
}

/** Unless it is there: the channel's own list says so, and what is there is what was written down last. */
async function loadPayment(
  b: Backend,
  domain: DomainSession,
  row: CardRow,
  order: Order,
  purse: PurseRow,
): Promise<{ readonly limitedUse: LimitedUse | undefined }> {
  const before = row.application;
  if (before !== undefined) {
    const { profile } = before;
    const aid = b.profiles.get(profile)?.control.aid;
    const applications = believed(await domain.applications());
    const isThere = applications.some((a) => a.isSelectable && aid !== undefined && equal(a.aid, aid));
    if (isThere && profile !== order.profile.name)
      throw new CardFailure('card_of_another', `The card was given the profile "${profile}" before.`);
    // The number of its key is that of the attempt that loaded it.
    if (isThere) return { limitedUse: limitedUseOf(order.profile, row.keyNumber) };
  }
  const keys = await b.emvKeys.get();
  const expiry = expiryWithin(parseCertificate(purse.certificate));
  const reserved = await reserve(b, row, order.profile, expiry);
  const limitedUse = limitedUseOf(order.profile, reserved.keyNumber);
  const issuer = keys.issuer(order.profile.control.cipher);
  const { groupings } = await prepareCard(keys.preparation, issuer, order.profile, {
    pan: reserved.pan,
    sequence: reserved.application.panSequence,
    expiry,
    effective: dayOf(b.clock()),
    serial: reserved.certificateSerial,
    pin: order.pin,
    ...(limitedUse === undefined ? {} : { limitedUse }),
  });
  believed(await domain.personalise(EMV_MODULE_AID, groupings));
  return { limitedUse };
}

const limitedUseOf = ({ control }: CardProfile, number: number | undefined): LimitedUse | undefined =>
  control.limitedUseOnly && number !== undefined ? { number, uses: USES_OF_A_KEY } : undefined;

/** YYMM: the last month that is over before the purse's certificate is, so a card never pays longer than its purse. */
function expiryWithin({ expiration }: Certificate): string {
  const month = new Date(expiration * 86_400_000);
  month.setUTCDate(0);
  return month.toISOString().slice(2, 7).replace('-', '');
}
