/**
 * A payment at a strict terminal that stands for those that others wrote, in the order of Book 3, section 8 (figure 7).
 *
 * What must hold: it knows nothing of any card but what the books say; whatever a card does against them is an
 * `EmvViolation` with the section; whatever they allow ends in a typed outcome. Terminal risk management and action
 * analysis are the test's: it says what to ask for.
 */
import {
  ascii,
  type Bytes,
  type CryptogramType,
  equal,
  fromAscii,
  parseDol,
  type ResponseApdu,
} from '@sokkin/codec';
import type { RsaPublicKey } from '@sokkin/crypto';
import { type ApduTransport, isCardLost } from '@sokkin/terminal';
import { authenticate } from './authenticate.ts';
import { type Asked, generateAc, readGiven, recoverAc } from './cryptogram.ts';
import { authenticateIssuer, messageOf, runScripts } from './online.ts';
import { type Initiated, initiate, readRecords } from './read.ts';
import { restrict } from './restrict.ts';
import { selectApplication } from './select.ts';
import { dolData, openSession, type Session } from './session.ts';
import type {
  Completed,
  EmvOutcome,
  EmvPurchase,
  EmvStanding,
  GivenCryptogram,
  HolderResult,
  OdaResult,
  SelectedApplication,
  SignedData,
  TerminalSetup,
  TornTransaction,
} from './types.ts';
import { verifyHolder } from './verify-holder.ts';
import { strictly, violated } from './violation.ts';

/** Rejects with `EmvViolation`, and with `card_lost` where no cryptogram is at stake. */
export async function payWithEmv(
  transport: ApduTransport,
  setup: TerminalSetup,
  purchase: EmvPurchase,
): Promise<EmvOutcome> {
  const session = openSession(transport, setup, purchase);
  const selection = await selectApplication(session);
  if (selection.selected === undefined) return { ended: 'no-application', sw: selection.sw };
  const initiated = await initiate(session);
  if ('sw' in initiated) return { ended: 'refused', command: 'GET PROCESSING OPTIONS', sw: initiated.sw };
  const signed = await readRecords(session, initiated.locator);
  const { result: oda, key } = await authenticate(session, initiated, signed);
  restrict(session);
  const holder = await verifyHolder(session, initiated.interchange, key);
  const run: Run = {
    session,
    selected: selection.selected,
    initiated,
    oda,
    holder,
    cdaKey: cdaKeyOf(oda, key),
  };
  return isTornOne(session) ? recover(run, purchase.torn) : decide(run);
}

interface Run {
  readonly session: Session;
  readonly selected: SelectedApplication;
  readonly initiated: Initiated;
  readonly oda: OdaResult;
  readonly holder: HolderResult;
  /** Book 4, 6.3.2: with CDA every TC and ARQC is asked for with its signature. */
  readonly cdaKey: RsaPublicKey | undefined;
}

const cdaKeyOf = (oda: OdaResult, key: RsaPublicKey | undefined): RsaPublicKey | undefined =>
  oda.method === 'cda' && oda.verdict === 'authentic' ? key : undefined;

const standing = ({ session, selected, initiated, oda, holder }: Run): EmvStanding => ({
  selected,
  interchange: initiated.interchange,
  elements: session.card,
  tvr: session.tvr,
  tsi: session.tsi,
  oda,
  holder,
});

/** The data of one of the card's lists, and what a signature over the answer will cover. */
function askFor(run: Run, type: CryptogramType, before?: SignedData): { asked: Asked; data: Bytes } {
  const { session, initiated, cdaKey } = run;
  const list = strictly('Book 3, 5.4', () =>
    parseDol(listBytes(session, before === undefined ? 0x8c : 0x8d)),
  );
  const signing = type !== 'aac' && cdaKey !== undefined;
  if (signing && !list.some(({ tag }) => tag === 0x9f37))
    violated('Book 2, 6.6', 'a card with CDA asks for the unpredictable number in both lists');
  const data = dolData(session, list);
  const { pdolData } = initiated;
  const hashed = before === undefined ? { pdolData, cdol1Data: data } : { ...before, cdol2Data: data };
  const unpredictableNumber = session.own.get(0x9f37) ?? new Uint8Array(4);
  return { asked: { type, hashed, unpredictableNumber, key: signing ? cdaKey : undefined }, data };
}

const listBytes = ({ card }: Session, tag: number): Bytes => card.get(tag) ?? new Uint8Array(0);

type Answered = { readonly given: GivenCryptogram } | { readonly outcome: EmvOutcome };

/** GENERATE AC; if the card leaves over it, what RECOVER AC needs later. */
async function generate(run: Run, asked: Asked, data: Bytes): Promise<Answered> {
  const { session } = run;
  let answer: ResponseApdu;
  try {
    answer = await generateAc(session, asked, data);
  } catch (error) {
    if (!isCardLost(error)) throw error;
    return { outcome: { ended: 'torn', torn: tornOf(session, asked), ...standing(run) } };
  }
  const given = readGiven(session, asked, answer);
  return given === undefined
    ? { outcome: { ended: 'refused', command: 'GENERATE AC', sw: answer.sw } }
    : { given };
}

function tornOf(session: Session, asked: Asked): TornTransaction {
  const drdol = strictly('Book 3, 5.4', () => parseDol(listBytes(session, DRDOL)));
  return {
    pan: listBytes(session, 0x5a),
    sequence: session.card.get(0x5f34),
    drdolData: dolData(session, drdol),
    requested: asked.type,
    hashed: asked.hashed,
    unpredictableNumber: asked.unpredictableNumber,
    cda: asked.key !== undefined,
  };
}

/** As Book C-2 names it. */
const DRDOL = 0x9f51;

async function decide(run: Run): Promise<EmvOutcome> {
  const { session } = run;
  const { asked, data } = askFor(run, session.purchase.request);
  session.tsi.add('cardRiskManagementPerformed');
  const answered = await generate(run, asked, data);
  if ('outcome' in answered) return answered.outcome;
  const { given: first } = answered;
  if (first.type === 'arqc')
    return isSigned(first) ? goOnline(run, asked, first) : abandon(run, asked, first);
  return completed(run, first.type === 'tc' && isSigned(first), { first });
}

/** Its signature holds, or none was due. */
const isSigned = ({ cda }: GivenCryptogram): boolean => cda === undefined || cda === 'authentic';

function completed(
  run: Run,
  approved: boolean,
  found: Pick<Completed, 'first'> & Partial<Completed>,
): EmvOutcome {
  const none = {
    how: 'offline',
    second: undefined,
    issuerAuthentication: 'none',
    scripts: [],
    recovered: false,
  } as const;
  return { ended: approved ? 'approved' : 'declined', ...none, ...found, ...standing(run) };
}

/** Book 4, 6.3.2.1: an ARQC whose signature fails goes to no issuer; the card is told that it ended. */
async function abandon(run: Run, asked: Asked, first: GivenCryptogram): Promise<EmvOutcome> {
  run.session.own.set(0x8a, ascii('Z1'));
  const { asked: last, data } = askFor(run, 'aac', asked.hashed);
  const answered = await generate(run, last, data);
  return 'outcome' in answered
    ? answered.outcome
    : completed(run, false, { first, second: sameAtc(first, answered.given) });
}

/** Authorisation response codes that approve (Book 4, Annex A6; ISO 8583). */
const APPROVALS: ReadonlySet<string> = new Set(['00', '10', '11']);

/** Book 3, 10.9 to 10.11. */
async function goOnline(run: Run, asked: Asked, first: GivenCryptogram): Promise<EmvOutcome> {
  const { session, initiated } = run;
  const { purchase } = session;
  const reply = await purchase.online?.(messageOf(session, first));
  if (reply === undefined) return unable(run, asked, first);
  session.own.set(0x8a, reply.responseCode);
  const announced = initiated.interchange.has('issuerAuthentication');
  const issuerAuthentication = await authenticateIssuer(session, announced, reply.authentication);
  const before = await runScripts(session, reply, 0x71);
  const type = APPROVALS.has(fromAscii(reply.responseCode)) ? 'tc' : 'aac';
  const answered = await second(run, asked, first, type);
  if ('outcome' in answered) return answered.outcome;
  const { given } = answered;
  const after = await runScripts(session, reply, 0x72);
  return completed(run, given.type === 'tc' && isSigned(given), {
    how: 'online',
    first,
    second: given,
    issuerAuthentication,
    scripts: [...before, ...after],
  });
}

/** Without the issuer: Y3 with the request for a TC, Z3 with that for an AAC (Book 4, Annex A6). */
async function unable(run: Run, asked: Asked, first: GivenCryptogram): Promise<EmvOutcome> {
  const { session } = run;
  const type = session.purchase.whenUnable ?? 'aac';
  session.own.set(0x8a, ascii(type === 'tc' ? 'Y3' : 'Z3'));
  const answered = await second(run, asked, first, type);
  if ('outcome' in answered) return answered.outcome;
  const { given } = answered;
  return completed(run, given.type === 'tc' && isSigned(given), { first, second: given });
}

async function second(run: Run, asked: Asked, first: GivenCryptogram, type: 'tc' | 'aac'): Promise<Answered> {
  const { asked: last, data } = askFor(run, type, asked.hashed);
  const answered = await generate(run, last, data);
  return 'outcome' in answered ? answered : { given: sameAtc(first, answered.given) };
}

/** Book 3, 6.5.5 and 9.2: one transaction has one counter. */
function sameAtc(first: GivenCryptogram, given: GivenCryptogram): GivenCryptogram {
  return equal(first.atc, given.atc)
    ? given
    : violated('Book 3, 9.2', 'the second cryptogram has another ATC than the first');
}

function isTornOne({ purchase, card }: Session): boolean {
  const { torn } = purchase;
  if (torn === undefined) return false;
  const [pan, sequence] = [card.get(0x5a), card.get(0x5f34)];
  const none = new Uint8Array(0);
  return equal(pan ?? none, torn.pan) && equal(sequence ?? none, torn.sequence ?? none);
}

/** RECOVER AC in place of the first GENERATE AC (Book C-2, 5.7): the answer that was lost, whole. */
async function recover(run: Run, torn: TornTransaction | undefined): Promise<EmvOutcome> {
  if (torn === undefined) return decide(run);
  const { session, cdaKey } = run;
  const asked: Asked = {
    type: torn.requested,
    hashed: torn.hashed,
    unpredictableNumber: torn.unpredictableNumber,
    key: torn.cda ? cdaKey : undefined,
  };
  const answer = await recoverAc(session, torn.drdolData);
  const first = readGiven(session, asked, answer);
  if (first === undefined) return { ended: 'refused', command: 'RECOVER AC', sw: answer.sw };
  if (first.type === 'arqc')
    violated('Book C-2, 5.7', 'an ARQC is not recovered: nobody waits for its answer');
  return completed(run, first.type === 'tc' && isSigned(first), { first, recovered: true });
}
