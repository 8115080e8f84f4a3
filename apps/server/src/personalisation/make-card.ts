/**
 * Personalising one card over SCP03, through whoever carries its APDUs: purse key and certificate, payment application,
 * lifecycle (docs/spec/card-application.md, section 10).
 *
 * What must hold: no key of the card is readable for the carrier; torn anywhere, the same card begins anew and ends the same
 * (its purse has one key and one certificate, its PAN is its row's); a card that is personalised is refused by
 * the card itself.
 */
import { ascii, type Bytes, type Epoch, equal, fromHex, hex, isoOfEpoch, SokkinError } from '@sokkin/codec';
import { parseCertificate } from '@sokkin/crypto';
import {
  type CardOrder,
  type CardRow,
  type PurseRow,
  prepareCard,
  replenish,
  withCheckDigit,
} from '@sokkin/issuer';
import {
  type ApduTransport,
  type DomainFailure,
  type DomainSession,
  enrolPurse,
  type Failure,
  identifyPurse,
  isCardLost,
  openDomain,
  select,
  tellDomain,
} from '@sokkin/terminal';
import { type Backend, dayOf } from '../backend.ts';
import { ISSUER_IDENTIFIER } from '../keys/card-keys.ts';
import { type EnrolRequest, enrol, makeChallenge, registered } from '../operations/purses.ts';
import { Problem } from '../problems.ts';
import { type ProfileName, profileOf } from './profiles.ts';

export interface Wish extends Omit<EnrolRequest, 'enrolment'> {
  readonly profile: ProfileName;
  readonly pin: string | undefined;
}

export interface MadeCard {
  readonly kind: 'card';
  readonly serial: string;
  readonly purse: PurseRow;
  readonly panLast4: string;
}
export interface MadeKey {
  readonly kind: 'key';
  readonly serial: string;
  readonly number: number;
  readonly uses: number;
}
export type Made =
  | MadeCard
  | MadeKey
  | { readonly kind: 'failed'; readonly code: string; readonly detail: string };

/** What a person may do about it stands in the sentence. */
class NotMade extends SokkinError {}
const notMade = (code: string, detail: string): never => {
  throw new NotMade(code, detail);
};

/** Whatever goes wrong is told in the outcome: nobody waits for an exception here. */
export async function told(work: () => Promise<Made>): Promise<Made> {
  try {
    return await work();
  } catch (error) {
    if (isCardLost(error))
      return { kind: 'failed', code: 'card_lost', detail: 'The card was gone: begin anew.' };
    if (error instanceof Problem) return { kind: 'failed', code: error.code, detail: error.message };
    if (error instanceof NotMade) return { kind: 'failed', code: error.code, detail: error.message };
    return { kind: 'failed', code: 'internal_error', detail: 'Something went wrong here: begin anew.' };
  }
}

function must<T>(outcome: { readonly status: 'ok'; readonly value: T } | DomainFailure | Failure): T {
  if (outcome.status === 'ok') return outcome.value;
  const isDomains = ['no_domain', 'unknown_card', 'wrong_keys', 'refused', 'channel_closed', 'too_long'];
  const detail = isDomains.includes(outcome.status)
    ? tellDomain(outcome as DomainFailure)
    : `The card answered ${outcome.status.replaceAll('_', ' ')}.`;
  return notMade('card_refused', detail);
}

/** How long cards hold, in years, and how often a phone's key may be used. */
const YEARS = { card: 5, phone: 2 };
const USES = 20;
const FIRST_KEY = 1;
const PHONE_SEQUENCE = '00';
const CARD_SEQUENCE = '01';

export async function makeCard(
  b: Backend,
  card: CardRow,
  wish: Wish,
  transport: ApduTransport,
): Promise<Made> {
  const profile = await profileOf(wish.profile);
  const issuer = await b.cardKeys.issuerOf(profile);
  // Takes longest, so it runs while the purse gets its name.
  const key = b.preparation.rsa.generateRsaKey(profile.rsa.icc, profile.rsa.exponent);
  const before = must(await select(transport)).certificate;
  const paid = await hasPaymentApplication(transport);
  const session = await openSession(b, card, transport);
  const purse = before === undefined ? await name(b, session, wish) : await known(b, before.bytes);
  const order: CardOrder = { ...orderOf(b, card, wish), key: await key };
  if (!paid) {
    const { groupings } = await prepareCard(b.preparation, issuer, profile, order);
    must(await session.personalise(PAYMENT_MODULE, groupings));
  }
  // Torn before this, the card is paid with and not yet secured; torn after it, it refuses to be so again.
  const secured = await session.setStatus('secured');
  if (!paid || secured.status !== 'refused') must(secured);
  const panLast4 = order.pan.slice(-4);
  const keyNumber = order.limitedUse?.number ?? 0;
  const made = { purse: purse.id, profile: wish.profile, panLast4, expiry: order.expiry, keyNumber };
  await b.store.write((tx) => tx.cards.personalised(card.serial, made, b.clock()));
  return { kind: 'card', serial: card.serial, purse, panLast4 };
}

/** A new limited-use key for a phone. */
export async function refillCard(
  b: Backend,
  card: CardRow,
  profileName: ProfileName,
  transport: ApduTransport,
): Promise<Made> {
  const profile = await profileOf(profileName);
  const issuer = await b.cardKeys.issuerOf(profile);
  const session = await openSession(b, card, transport);
  // Stored before it is used: a number never comes back.
  const number = await b.store.write((tx) => tx.cards.nextKeyNumber(card.serial));
  const identity = { pan: panOf(card.number), sequence: PHONE_SEQUENCE };
  const groupings = replenish(b.preparation.symmetric, issuer, profile, identity, { number, uses: USES });
  must(await session.personalise(profile.control.aid, groupings));
  return { kind: 'key', serial: card.serial, number, uses: USES };
}

/** Under this name the payment application is found before it has one of its own (section 11.1). */
const PAYMENT_MODULE = fromHex('f0534f4b4b494e02');

async function hasPaymentApplication(transport: ApduTransport): Promise<boolean> {
  const name = ascii('2PAY.SYS.DDF01');
  const select = Uint8Array.of(0x00, 0xa4, 0x04, 0x00, name.length, ...name, 0x00);
  const answer = await transport.transmit(select);
  return hex(answer.subarray(-2)) === '9000';
}

async function openSession(b: Backend, card: CardRow, transport: ApduTransport): Promise<DomainSession> {
  const serial = fromHex(card.serial);
  const keyOf = async (shown: Bytes) => (equal(shown, serial) ? b.cardKeys.domainKeys(serial) : undefined);
  const opened = await openDomain(transport, { keyOf, symmetric: b.preparation.symmetric });
  if (opened.status === 'unknown_card')
    return notMade('wrong_card', `The card has another serial number than ${card.serial}.`);
  return must(opened);
}

/** Gives a blank purse its key, certificate and PIN. */
async function name(b: Backend, session: DomainSession, wish: Wish): Promise<PurseRow> {
  const { nonce } = await b.store.write((tx) => makeChallenge(b, tx));
  const enrolment = must(await enrolPurse(session, b.crypto, nonce));
  const { account, assurance, tier } = wish;
  const purse = await b.store.write((tx) => enrol(b, tx, { account, assurance, tier, enrolment }));
  const { root, issuer } = b.pki;
  const certificate = parseCertificate(purse.certificate);
  must(await identifyPurse(session, { root, issuer, purse: certificate, pin: wish.pin ?? randomPin(b) }));
  return purse;
}

const known = (b: Backend, certificate: Bytes): Promise<PurseRow> =>
  b.store.read((tx) => registered(tx, certificate, 'serial'));

function orderOf(b: Backend, card: CardRow, wish: Wish): CardOrder {
  const today = dayOf(b.clock());
  const isPhone = wish.profile === 'phone';
  return {
    pan: panOf(card.number),
    sequence: isPhone ? PHONE_SEQUENCE : CARD_SEQUENCE,
    expiry: yymmAfter(today, isPhone ? YEARS.phone : YEARS.card),
    effective: today,
    serial: fromHex((card.number % 0x1000000).toString(16).padStart(6, '0')),
    ...(isPhone ? { limitedUse: { number: FIRST_KEY, uses: USES } } : { pin: wish.pin ?? randomPin(b) }),
  };
}

function yymmAfter(today: Epoch, years: number): string {
  const [year = '', month = ''] = isoOfEpoch(today).split('-');
  return `${String(Number(year) + years).slice(-2)}${month}`;
}

/** The issuer's digits, the card's number, and their check digit. */
const panOf = (number: number): string => withCheckDigit(ISSUER_IDENTIFIER + String(number).padStart(9, '0'));

/** For a card that is handed out with its PIN blocked for use until the holder sets one at the issuer. */
function randomPin(b: Backend): string {
  return [...b.crypto.randomBytes(12)].map((byte) => String(byte % 10)).join('');
}
