/**
 * What the evidence of an alert proves by itself, for anybody who has the root certificate, and without the back-end.
 *
 * What must hold: `proven` is said only where one purse signed what no honest purse signs; where two journals contradict
 * each other, that one of the two is broken, and not which; everything that only the back-end says is called so. Evidence
 * with any octet changed proves nothing.
 */
import { type Bytes, equal, fromHex, hex, SokkinError } from '@sokkin/codec';
import { type Certificate, type CryptoPort, parseCertificate, ROLE } from '@sokkin/crypto';
import { type Entry, headAfter, parseEntry, verifyShownChain } from '@sokkin/purse';
import { type History, judgeHistories, readWitness } from '../evidence.ts';
import { judgeDenied, judgeTwice, judgeWrong, readShownTc } from './judge-tc.ts';

export interface AlertJudgement {
  readonly verdict: /** The purse signed against itself. */
    | 'proven'
    /** Two purses signed what excludes each other. */
    | 'contradiction'
    /** What the purse signed is here; that it is wrong is the back-end's word. */
    | 'signed'
    /** Nothing here is signed by a purse. */
    | 'our_word'
    /** It is not what it says. */
    | 'not_proven';
  readonly says: string;
  /** The purses that it is about, of which `proven` accuses the one. */
  readonly purses: readonly string[];
}

interface Chain {
  readonly issuer: Certificate;
  readonly leaf: Certificate;
}
type Fields = Readonly<Record<string, unknown>>;

/** `evidence` as GET /v1/alerts/{id} shows it. Throws `bad_evidence` where it cannot be read. */
export async function judgeAlert(
  crypto: CryptoPort,
  root: Certificate,
  kind: string,
  evidence: unknown,
): Promise<AlertJudgement> {
  const fields = fieldsOf(evidence, 'evidence');
  switch (kind) {
    case 'fork':
      return judgeForkOf(crypto, root, fields);
    case 'rollback':
      return judgeSigned(crypto, root, fields, ['newest', 'older'], 'which of the two came later');
    case 'invalid_journal':
      return judgeSigned(crypto, root, fields, ['history'], 'that the entries before it do not allow it');
    case 'payment_contradicted':
    case 'outcome_contradicted':
      return judgePair(crypto, root, fields);
    case 'unknown_certificate':
    case 'funding_invented':
      return judgeOneSide(crypto, root, kind, fields);
    case 'tc_wrong':
    case 'tc_unpaid':
      return judgeWrong(tcOf(fields.presented, 'presented'));
    case 'tc_twice':
      return judgeTwice(tcOf(fields.presented, 'presented'), tcOf(fields.paid, 'paid'));
    case 'tc_denied':
      return judgeDeniedTc(crypto, root, fields);
    case 'velocity':
      return judgeVelocity(crypto, root, fields);
    case 'issuer_overdrawn':
      return judgeIssuer(crypto, root, fields);
    default:
      return OUR_SUMS;
  }
}

const OUR_SUMS: AlertJudgement = {
  verdict: 'our_word',
  says: 'Sums of the back-end: nothing here is signed by a purse.',
  purses: [],
};

const bad = (what: string, cause?: unknown): SokkinError =>
  new SokkinError(
    'bad_evidence',
    `The evidence cannot be read: ${what}. Take it from GET /v1/alerts/{id} whole.`,
    cause === undefined ? {} : { cause },
  );

function fieldsOf(value: unknown, path: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(`${path} is no object`);
  return value as Fields;
}

function readable<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof SokkinError) throw bad(`${path} is malformed`, cause);
    throw cause;
  }
}

function octets(value: unknown, path: string): Bytes {
  if (typeof value !== 'string') throw bad(`${path} is no text`);
  return readable(path, () => fromHex(value));
}

function chainOf(value: unknown, path: string): Chain {
  const { issuer, purse } = fieldsOf(value, path);
  return {
    issuer: readable(`${path}.issuer`, () => parseCertificate(octets(issuer, `${path}.issuer`))),
    leaf: readable(`${path}.purse`, () => parseCertificate(octets(purse, `${path}.purse`))),
  };
}

function historyOf(value: unknown, path: string): History {
  const { kind, message, entries } = fieldsOf(value, path);
  if (kind !== 'statement' && kind !== 'payment' && kind !== 'receipt') throw bad(`${path}.kind is unknown`);
  if (!Array.isArray(entries)) throw bad(`${path}.entries is no list`);
  return {
    witness: readable(`${path}.message`, () => readWitness(kind, octets(message, `${path}.message`))),
    entries: entries.map((body: unknown, i) => octets(body, `${path}.entries[${i}]`)),
  };
}

/** What does not verify, in a sentence; undefined: all of it does. */
async function faultOf(
  crypto: CryptoPort,
  root: Certificate,
  chain: Chain,
  histories: readonly History[],
): Promise<string | undefined> {
  const trust = { root, knownIssuers: [], epoch: 0 };
  const status = await verifyShownChain(crypto, trust, chain, [ROLE.purse], 'ignore_expiry');
  if (status !== 'ok') return `The certificates do not lead to this root: ${status}.`;
  for (const history of histories) {
    const { verdict } = await judgeHistories(crypto, chain.leaf, history, history);
    if (verdict === 'not_proven')
      return 'A message is not signed by the purse, or its entries do not lead to it.';
  }
  return undefined;
}

const nothing = (says: string): AlertJudgement => ({ verdict: 'not_proven', says, purses: [] });
const nameOf = ({ leaf }: Chain): string => hex(leaf.subjectRef);

async function judgeForkOf(crypto: CryptoPort, root: Certificate, fields: Fields): Promise<AlertJudgement> {
  const chain = chainOf(fields.certificates, 'certificates');
  const { histories } = fields;
  if (!Array.isArray(histories) || histories.length !== 2) throw bad('histories are not two');
  const [a, b] = [historyOf(histories[0], 'histories[0]'), historyOf(histories[1], 'histories[1]')];
  const fault = await faultOf(crypto, root, chain, [a, b]);
  if (fault !== undefined) return nothing(fault);
  const found = await judgeHistories(crypto, chain.leaf, a, b);
  if (found.verdict === 'consistent') return nothing('The two histories fit together.');
  return {
    verdict: found.verdict === 'fork' ? 'proven' : 'not_proven',
    says: found.says,
    purses: [nameOf(chain)],
  };
}

/** That the purse signed this; what makes it wrong is not in the file. */
async function judgeSigned(
  crypto: CryptoPort,
  root: Certificate,
  fields: Fields,
  names: readonly string[],
  ourWord: string,
): Promise<AlertJudgement> {
  const chain = chainOf(fields.certificates, 'certificates');
  const histories = names
    .filter((name) => fields[name] !== undefined)
    .map((name) => historyOf(fields[name], name));
  if (histories.length === 0) throw bad(`${names.join(' and ')} are missing`);
  const fault = await faultOf(crypto, root, chain, histories);
  if (fault !== undefined) return nothing(fault);
  const says = `The purse signed what is here. The back-end alone says ${ourWord}.`;
  return { verdict: 'signed', says, purses: [nameOf(chain)] };
}

const tcOf = (value: unknown, path: string) =>
  readShownTc(octets(fieldsOf(value, path).chip, `${path}.chip`));

async function judgeDeniedTc(crypto: CryptoPort, root: Certificate, fields: Fields): Promise<AlertJudgement> {
  const tc = tcOf(fields.presented, 'presented');
  const chain = chainOf(fieldsOf(fields.certificates, 'certificates').purse, 'certificates.purse');
  const history = historyOf(fieldsOf(fields.histories, 'histories').purse, 'histories.purse');
  const fault = await faultOf(crypto, root, chain, [history]);
  if (fault !== undefined) return nothing(fault);
  const entries = readable('purse', () => history.entries.map(parseEntry));
  return judgeDenied(tc, nameOf(chain), entries, fields.state === 'taken_back');
}

/** The payee's entry, and what the payer's journal has under the number that it names. */
async function judgePair(crypto: CryptoPort, root: Certificate, fields: Fields): Promise<AlertJudgement> {
  const [certificates, histories] = [
    fieldsOf(fields.certificates, 'certificates'),
    fieldsOf(fields.histories, 'histories'),
  ];
  const sides: { chain: Chain; entries: readonly Entry[]; history: History }[] = [];
  for (const side of ['payer', 'payee'] as const) {
    const chain = chainOf(certificates[side], `certificates.${side}`);
    const history = historyOf(histories[side], `histories.${side}`);
    const fault = await faultOf(crypto, root, chain, [history]);
    if (fault !== undefined) return nothing(fault);
    sides.push({ chain, history, entries: readable(side, () => history.entries.map(parseEntry)) });
  }
  const [payer, payee] = sides;
  if (payer === undefined || payee === undefined) throw bad('a side is missing');
  const credit = payee.entries.find(
    (e) =>
      e.type === 'receipt' &&
      e.fields.outcome === 'credited' &&
      e.fields.paymentNo === fields.payment_no &&
      equal(e.fields.payer, payer.chain.leaf.subjectRef),
  );
  if (credit?.type !== 'receipt') return nothing('The payee’s history does not credit this payment.');
  const purses = [nameOf(payer.chain), nameOf(payee.chain)];
  const { paymentNo, paymentHash, amount } = credit.fields;
  const bodies = payer.history.entries;
  const at = payer.entries.findIndex((e) => e.fields.seq === paymentNo);
  const [entry, body] = [payer.entries[at], bodies[at]];
  if (entry === undefined || body === undefined)
    return nothing('The payer’s history does not reach this payment.');
  const isIt =
    entry.type === 'payment' &&
    equal(headAfter(body), paymentHash) &&
    entry.fields.amount === amount &&
    equal(entry.fields.payee, payee.chain.leaf.subjectRef) &&
    entry.fields.ticketNo === credit.fields.ticketNo;
  const isBack = payer.entries.some(
    (e) => e.type === 'settle' && e.fields.paymentNo === paymentNo && e.fields.outcome === 'cancelled',
  );
  if (isIt && !isBack)
    return {
      verdict: 'signed',
      says: 'Both signed the payment. The back-end alone says that it was taken back.',
      purses,
    };
  const what = isIt ? 'took the payment back' : 'has something else under that number';
  return {
    verdict: 'contradiction',
    says: `The payee signed that it was credited with payment ${paymentNo}; the payer signed a journal that ${what}. One of the two is broken; the evidence does not say which.`,
    purses,
  };
}

async function judgeOneSide(
  crypto: CryptoPort,
  root: Certificate,
  kind: string,
  fields: Fields,
): Promise<AlertJudgement> {
  const side = kind === 'funding_invented' ? 'payee' : 'purse';
  const chain = chainOf(fieldsOf(fields.certificates, 'certificates')[side], `certificates.${side}`);
  const history = historyOf(fieldsOf(fields.histories, 'histories')[side], `histories.${side}`);
  const fault = await faultOf(crypto, root, chain, [history]);
  if (fault !== undefined) return nothing(fault);
  const entries = readable(side, () => history.entries.map(parseEntry));
  const isThere = entries.some((e) => (side === 'payee' ? creditsPayment(e, fields) : names(e, fields)));
  if (!isThere) return nothing('The history does not have the entry that the alert is about.');
  const ourWord =
    side === 'payee' ? 'that its own purse never paid it' : 'that nobody certified the other purse';
  return {
    verdict: 'signed',
    says: `The purse signed what is here. The back-end alone says ${ourWord}.`,
    purses: [nameOf(chain)],
  };
}

/** What the purse signed of it, counted; in how many days it did so is the back-end's word. */
async function judgeVelocity(crypto: CryptoPort, root: Certificate, fields: Fields): Promise<AlertJudgement> {
  const shown = fieldsOf(fields.histories, 'histories').purse;
  if (shown === undefined) return OUR_SUMS;
  const chain = chainOf(fieldsOf(fields.certificates, 'certificates').purse, 'certificates.purse');
  const history = historyOf(shown, 'histories.purse');
  const fault = await faultOf(crypto, root, chain, [history]);
  if (fault !== undefined) return nothing(fault);
  const amounts = readable('histories.purse', () => history.entries.map(parseEntry)).flatMap(amountMoved);
  const sum = amounts.reduce((a, b) => a + b, 0n);
  return {
    verdict: 'signed',
    says: `The purse signed that it paid and received ${amounts.length} times, ${sum} in all. The back-end alone says in how many days, and what came before.`,
    purses: [nameOf(chain)],
  };
}

function amountMoved(entry: Entry): bigint[] {
  if (entry.type === 'payment') return [entry.fields.amount];
  return entry.type === 'receipt' && entry.fields.outcome === 'credited' ? [entry.fields.amount] : [];
}

/** The sums are the back-end's; each credit that is shown is as its payee signed it. */
async function judgeIssuer(crypto: CryptoPort, root: Certificate, fields: Fields): Promise<AlertJudgement> {
  const { credits } = fields;
  if (!Array.isArray(credits)) throw bad('credits are no list');
  if (credits.length === 0) return OUR_SUMS;
  const purses: string[] = [];
  for (const [i, item] of credits.entries()) {
    const one = await judgeOneSide(crypto, root, 'funding_invented', fieldsOf(item, `credits[${i}]`));
    if (one.verdict === 'not_proven') return one;
    purses.push(...one.purses);
  }
  const says =
    'The purses signed that they were credited with what is here. The back-end alone says that no payer has proven it, and what the sums are.';
  return { verdict: 'signed', says, purses: [...new Set(purses)] };
}

const creditsPayment = (e: Entry, fields: Fields): boolean =>
  e.type === 'receipt' && e.fields.outcome === 'credited' && e.fields.paymentNo === fields.payment_no;

function names(e: Entry, { seq, counterpart }: Fields): boolean {
  if (e.fields.seq !== seq) return false;
  const other = e.type === 'payment' ? e.fields.payee : e.type === 'receipt' ? e.fields.payer : undefined;
  return other !== undefined && `pur_${hex(other)}` === counterpart;
}
