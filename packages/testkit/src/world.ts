/**
 * A small world to test in: the parties (parties.ts), and our cards brought to life through their own APDUs, exactly
 * as a real back-end would.
 *
 * What must hold: nothing here reaches into a card. Everything goes through `transmit`.
 */
import { type Card, cardMemorySize, createCard, inMemoryNvm, type MemoryNvm } from '@sokkin/card';
import {
  type Bytes,
  command,
  decodeResponse,
  decodeTlvs,
  encodeCommand,
  type ResponseApdu,
} from '@sokkin/codec';
import { ASSURANCE, type Assurance, type Certificate, issueCertificate, ROLE } from '@sokkin/crypto';
import {
  CLA,
  type Grant,
  INS,
  type Limits,
  object,
  type Profile,
  PURSE_AID,
  parseEnrolment,
  parseStatement,
  parseSummary,
  parseTicket,
  READOUT,
  type Statement,
  type Summary,
} from '@sokkin/purse';
import {
  blockOf,
  fieldsOf,
  grantFor,
  issuerPayment,
  LARGE_LIMITS,
  name8,
  PIN,
  storeData,
  ticketRequest,
  type World,
  ZERO_NONCE,
} from './parties.ts';

export * from './parties.ts';

/** Sends one command with extended lengths and gives the answer. */
export async function say(
  card: Card,
  ins: number,
  data: Bytes = new Uint8Array(0),
  { cla = CLA.purse, p1 = 0, p2 = 0 }: { cla?: number; p1?: number; p2?: number } = {},
): Promise<ResponseApdu> {
  return decodeResponse(
    await card.transmit(encodeCommand(command(cla, ins, p1, p2, data, 65536), { extended: true })),
  );
}

export const selectPurse = (card: Card): Promise<ResponseApdu> =>
  say(card, INS.select, PURSE_AID, { cla: CLA.interindustry, p1: 0x04 });

/** The value of the single object that an answer holds; an error that names the status word otherwise. */
export function only(response: ResponseApdu): Bytes {
  const [object] = decodeTlvs(response.data);
  if (response.sw !== 0x9000 || object === undefined) {
    throw new Error(`The card answered ${response.sw.toString(16)}, not one object`);
  }
  return object.value;
}

export const readSummary = async (card: Card): Promise<Summary> =>
  parseSummary(
    only(await say(card, INS.getData, undefined, { p1: READOUT.summary >> 8, p2: READOUT.summary & 0xff })),
  );

export const readStatement = async (card: Card): Promise<Statement> =>
  parseStatement(only(await say(card, INS.statement, object('nonce', ZERO_NONCE)))).fields;

export const verifyPin = (card: Card, digits: string = PIN): Promise<ResponseApdu> =>
  say(card, INS.verify, blockOf(digits), { cla: CLA.interindustry, p2: 0x80 });

/** Statement out, Grant in. */
export async function sync(world: World, card: Card, override: Partial<Grant> = {}): Promise<ResponseApdu> {
  return say(card, INS.applyGrant, await grantFor(world, await readStatement(card), override));
}

/** Key, certificate, personalisation. The card is `personalised` and selected afterwards. */
export async function personaliseCard(
  world: World,
  card: Card,
  no: number,
  { assurance = ASSURANCE.secureElement, pin = PIN }: { assurance?: Assurance; pin?: string } = {},
): Promise<Certificate> {
  await selectPurse(card);
  const enrolment = parseEnrolment(only(await say(card, INS.generateKey, object('nonce', ZERO_NONCE))));
  const certificate = await issueCertificate(
    world.crypto,
    world.issuer.key.handle,
    fieldsOf(ROLE.purse, world.issuer.certificate.subjectRef, name8(no), enrolment.fields.publicKey, {
      assurance,
    }),
  );
  const stored = await say(card, INS.storeData, storeData(world, certificate, pin));
  if (stored.sw !== 0x9000) throw new Error(`STORE DATA answered ${stored.sw.toString(16)}`);
  return certificate;
}

/** Pays new money in: a ticket of the card, a Payment of the issuer's purse, credited. */
export async function fund(world: World, card: Card, amount: bigint, reference = 0xf0): Promise<void> {
  const ticket = parseTicket(only(await say(card, INS.issueTicket, ticketRequest(amount, reference)))).fields;
  only(await say(card, INS.credit, await issuerPayment(world, ticket, amount)));
}

export interface LivingCard {
  readonly card: Card;
  readonly nvm: MemoryNvm;
  readonly certificate: Certificate;
}

/** A purse that is active, holds `balance`, and is synced. Selected. */
export async function makeActiveCard(
  world: World,
  no: number,
  {
    profile,
    balance = 0n,
    limits = LARGE_LIMITS,
  }: { profile?: Profile; balance?: bigint; limits?: Limits } = {},
): Promise<LivingCard> {
  const nvm = inMemoryNvm(cardMemorySize(profile));
  const card = await createCard({ nvm, crypto: world.crypto }, profile);
  const certificate = await personaliseCard(world, card, no);
  await sync(world, card, { order: 'activate', limits: LARGE_LIMITS });
  if (balance > 0n) await fund(world, card, balance);
  await sync(world, card, { limits });
  return { card, nvm, certificate };
}
