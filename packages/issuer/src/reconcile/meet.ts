/**
 * A round of meeting: new facts of some proven journals are carried to their counterparts, and held against what those
 * have proven.
 *
 * What must hold:
 * - in whatever order journals are proven and rounds are run, in whatever pieces, repeated or cut off between any two
 *   steps, the same verdicts, meetings, arrivals and findings stand at the end;
 * - a verdict follows from the two proven journals alone, and is never taken back;
 * - who comes later sees the earlier: a side is written at its counterpart first, and only then is the counterpart
 *   read, so that of two rounds that run at once at least one sees both sides.
 */
import type {
  Arrival,
  Credit,
  Due,
  Facts,
  MeetingRows,
  MeetingState,
  Paid,
  PayerWord,
  StoredVerdict,
  TicketWord,
  Verdict,
} from '../meeting-ports.ts';

/** Two proven journals contradict each other: one of the two purses is broken. */
export interface Contradicted {
  readonly found: 'no_such_payment' | 'other_payment' | 'taken_back';
  readonly payer: string;
  readonly paymentNo: number;
  readonly payee: string;
  readonly ticketNo: number;
  readonly amount: bigint;
}

/** A proven journal names a counterpart that was never certified here. */
export interface UnknownPurse {
  readonly found: 'unknown_purse';
  readonly purse: string;
  readonly counterpart: string;
  /** The first entry in this round that names it. */
  readonly seq: number;
}

export interface Met {
  readonly facts: Facts;
  readonly contradicted: readonly Contradicted[];
  readonly unknown: readonly UnknownPurse[];
  /** Whose shadow balance may be another one now. */
  readonly touched: readonly string[];
}

/** All of it may be repeated. The caller marks what was due as met when it has dealt with what was found. */
export async function meet(rows: MeetingRows, due: readonly Due[]): Promise<Met> {
  const facts = await rows.facts(due);
  const touched = new Set(due.map((d) => d.purse));
  const out = await carryPayments(rows, facts, touched);
  const back = await carryCredits(rows, facts.credits, due, touched);
  const answered = await answerArrivals(rows, due, facts);
  const takenBack = facts.takenBack.filter((p) => p.verdict === 'credited');
  await rows.setVerdicts(takenBack.map((p) => verdictFor(p, 'taken_back')));
  return {
    facts,
    contradicted: [...back.contradicted, ...[...answered, ...takenBack].map(takenBackOf)],
    unknown: unknownIn([...out, ...back.unknown]),
    touched: [...touched],
  };
}

const verdictFor = ({ payer, paymentNo }: Paid | Arrival, verdict: StoredVerdict): Verdict => ({
  payer,
  paymentNo,
  verdict,
});

/** New payments, and those taken back, go to their payees; but those on which the payees have the last word already. */
async function carryPayments(
  rows: MeetingRows,
  { paid, takenBack }: Facts,
  touched: Set<string>,
): Promise<UnknownPurse[]> {
  const isNews = (p: Paid) => !isFinal(p.verdict);
  const moved = [...paid.filter((p) => !p.isCancelled), ...takenBack].filter(isNews);
  const words = wordsByTicket(await rows.ticketWords(moved));
  const open = moved.filter((p) => lastWord(p, words.get(ticketOf(p))) === undefined);
  for (const p of open) touched.add(p.payee);
  await rows.addArrivals(open.map(arrivalOf));
  await rows.setVerdicts(takenBack.filter(isNews).map((p) => verdictFor(p, 'refused')));
  return moved
    .filter((p) => words.get(ticketOf(p))?.payeeSeq === undefined)
    .map((p) => ({ found: 'unknown_purse', purse: p.payer, counterpart: p.payee, seq: p.paymentNo }));
}

const arrivalOf = (p: Paid): Arrival => ({
  payee: p.payee,
  ticketNo: p.ticketNo,
  payer: p.payer,
  paymentNo: p.paymentNo,
  amount: p.amount,
  hash: p.hash,
  isRefused: p.isCancelled,
});

const isFinal = (verdict: StoredVerdict | undefined): boolean =>
  verdict !== undefined && verdict !== 'waiting' && verdict !== 'refused';

const ticketOf = ({ payee, ticketNo }: { readonly payee: string; readonly ticketNo: number }): string =>
  `${payee}/${ticketNo}`;
const paymentOf = ({ payer, paymentNo }: { readonly payer: string; readonly paymentNo: number }): string =>
  `${payer}/${paymentNo}`;

const wordsByTicket = (words: readonly TicketWord[]): Map<string, TicketWord> =>
  new Map(words.map((word) => [ticketOf(word), word]));

/**
 * What the payee's proven journal will say for ever; undefined while that is open. `credited` is not said here: the
 * credit itself is carried to the payer, and knows its amount.
 */
export function lastWord(
  payment: { readonly ticketNo: number; readonly hash: string },
  word: TicketWord | undefined,
): 'credited' | 'cancelled' | 'never_issued' | undefined {
  if (word?.payeeSeq === undefined) return undefined;
  switch (word.state) {
    case undefined:
      return payment.ticketNo <= word.payeeSeq ? 'never_issued' : undefined;
    case 'open':
      return undefined;
    case 'cancelled':
      return 'cancelled';
    case 'credited':
      return word.by === payment.hash ? 'credited' : 'cancelled';
  }
}

/**
 * What waits at those who are due, and what they have just paid, gets the payees' words. Gives payments that were
 * credited and taken back.
 */
async function answerArrivals(
  rows: MeetingRows,
  due: readonly Due[],
  facts: Facts,
): Promise<readonly Paid[]> {
  const waiting = await rows.arrivalsAt(due.map((d) => d.purse));
  const own = [...facts.paid, ...facts.takenBack].filter((p) => !isFinal(p.verdict)).map(arrivalOf);
  const asked = [...waiting, ...own];
  const words = wordsByTicket(await rows.ticketWords(asked));
  const verdicts: Verdict[] = [];
  const done: Arrival[] = [];
  for (const arrival of asked) {
    const word = words.get(ticketOf(arrival));
    const last = lastWord(arrival, word);
    if (last !== undefined) done.push(arrival);
    if (last !== undefined && last !== 'credited') verdicts.push(verdictFor(arrival, last));
    if (last === undefined && word?.state === 'open') verdicts.push(verdictFor(arrival, 'waiting'));
  }
  const takenBack = await rows.setVerdicts(verdicts);
  await rows.dropArrivals(done);
  return takenBack;
}

interface Judged {
  readonly contradicted: readonly Contradicted[];
  readonly unknown: readonly UnknownPurse[];
}

/** New credits go to their payers; with them, those that the journals of who is due have reached by now. */
async function carryCredits(
  rows: MeetingRows,
  credits: readonly Credit[],
  due: readonly Due[],
  touched: Set<string>,
): Promise<Judged> {
  const early = await judgeCredits(rows, credits);
  for (const credit of early.ahead) touched.add(credit.payer);
  await rows.addMeetings(early.ahead);
  // Their payers may have synced meanwhile.
  const payers = new Set([...due.map((d) => d.purse), ...early.ahead.map((c) => c.payer)]);
  const late = await judgeCredits(rows, await rows.reachedMeetings([...payers]));
  return {
    contradicted: [...early.contradicted, ...late.contradicted],
    unknown: early.unknown,
  };
}

async function judgeCredits(
  rows: MeetingRows,
  credits: readonly Credit[],
): Promise<Judged & { readonly ahead: readonly Credit[] }> {
  const words = new Map((await rows.payerWords(credits)).map((word) => [paymentOf(word), word]));
  const verdicts: Verdict[] = [];
  const agreed: Credit[] = [];
  const against: (Credit & { readonly state: Exclude<MeetingState, 'ahead'> })[] = [];
  const ahead: Credit[] = [];
  const unknown: UnknownPurse[] = [];
  for (const credit of credits) {
    const word = words.get(paymentOf(credit));
    if (word?.payerSeq === undefined)
      unknown.push({
        found: 'unknown_purse',
        purse: credit.payee,
        counterpart: credit.payer,
        seq: credit.seq,
      });
    const state = judgeCredit(credit, word);
    if (state === 'ahead') ahead.push(credit);
    else if (state === 'agrees') agreed.push(credit);
    else against.push({ ...credit, state });
    if (state === 'agrees') verdicts.push({ ...credit, verdict: 'credited' });
    else if (isOfOtherAmount(credit, word)) verdicts.push({ ...credit, verdict: 'other_amount' });
  }
  const takenBack = await rows.setVerdicts(verdicts);
  await rows.setMeetings(against);
  await rows.dropMeetings(agreed);
  const contradicted = [...against.map((c) => ({ ...c, found: c.state })), ...takenBack.map(takenBackOf)];
  return { contradicted, ahead, unknown };
}

const takenBackOf = (p: Paid): Contradicted => ({ ...p, found: 'taken_back' });

/** Does the payer's proven journal have what the payee credited? */
export function judgeCredit(credit: Credit, word: PayerWord | undefined): 'agrees' | MeetingState {
  if (word?.payerSeq === undefined) return 'ahead';
  if (word.payerSeq < credit.paymentNo) return word.isIssuer ? 'no_such_payment' : 'ahead';
  if (word.paid === undefined) return 'no_such_payment';
  return isOnIt(credit, word.paid) && word.paid.amount === credit.amount ? 'agrees' : 'other_payment';
}

const isOnIt = (credit: Credit, paid: Paid): boolean =>
  paid.hash === credit.hash && paid.payee === credit.payee && paid.ticketNo === credit.ticketNo;

const isOfOtherAmount = (credit: Credit, word: PayerWord | undefined): boolean =>
  word?.paid !== undefined && isOnIt(credit, word.paid) && word.paid.amount !== credit.amount;

/** Each pair once, at its first entry. */
function unknownIn(all: readonly UnknownPurse[]): UnknownPurse[] {
  const first = new Map<string, UnknownPurse>();
  for (const one of all) {
    const key = `${one.purse}/${one.counterpart}`;
    const before = first.get(key);
    if (before === undefined || one.seq < before.seq) first.set(key, one);
  }
  return [...first.values()];
}
