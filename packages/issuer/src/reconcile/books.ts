/**
 * Meetings in memory: for simulations of many purses, and as the model of the store's tests.
 *
 * What must hold: the contract of meeting-ports.ts. Kept small: a payment that its payer has closed as credited, and that
 * has met its credit, is forgotten, and so is its ticket (nobody can be told anything new about either).
 */
import { hex } from '@sokkin/codec';
import type { Outcome } from '@sokkin/purse';
import type { Effect } from '../effect.ts';
import type {
  Arrival,
  Credit,
  Due,
  Facts,
  MeetingRows,
  MeetingState,
  Paid,
  PayerWord,
  Shadow,
  StoredVerdict,
  TicketWord,
  Verdict,
} from '../meeting-ports.ts';
import { VERDICTS } from '../meeting-ports.ts';
import { sumOf } from '../view.ts';

/** What a proven entry adds, with hashes as text. */
export type ProvenFact =
  | { readonly kind: 'ticket_opened'; readonly ticketNo: number }
  | {
      readonly kind: 'ticket_closed';
      readonly ticketNo: number;
      readonly outcome: Outcome;
      readonly by: string | undefined;
    }
  | ({ readonly kind: 'credited' } & Omit<Credit, 'payee'>)
  | ({ readonly kind: 'paid' } & Omit<Paid, 'payer' | 'isCancelled' | 'verdict'>)
  | { readonly kind: 'settled'; readonly paymentNo: number; readonly outcome: Outcome };

/** Of the effects of a replay: what others have to hear of. */
export function factsOf(effects: readonly Effect[]): ProvenFact[] {
  const facts: ProvenFact[] = [];
  for (const effect of effects) {
    const fact = factOf(effect);
    if (fact !== undefined) facts.push(fact);
  }
  return facts;
}

function factOf(effect: Effect): ProvenFact | undefined {
  switch (effect.kind) {
    case 'ticket_opened':
      return { kind: effect.kind, ticketNo: effect.ticketNo };
    case 'ticket_closed': {
      const { kind, ticketNo, outcome, by } = effect;
      return { kind, ticketNo, outcome, by: by && hex(by) };
    }
    case 'received': {
      const { ticketNo, seq, payer, paymentNo, paymentHash, amount, outcome } = effect.receipt;
      if (outcome !== 'credited') return undefined;
      return { kind: outcome, ticketNo, seq, payer: hex(payer), paymentNo, hash: hex(paymentHash), amount };
    }
    case 'paid': {
      const { payee, hash, ...payment } = effect.payment;
      return { kind: 'paid', ...payment, payee: hex(payee), hash: hex(hash) };
    }
    case 'settled':
      return { kind: 'settled', paymentNo: effect.paymentNo, outcome: effect.outcome };
    case 'approved':
    case 'approval_settled':
      return undefined;
  }
}

interface Ticket {
  state: 'open' | Outcome;
  by: string | undefined;
}

interface OpenPaid extends Paid {
  state: 'open' | Outcome;
  isCancelled: boolean;
  verdict: StoredVerdict | undefined;
}

/** One purse's rows. */
class Book {
  seq = 0;
  met = 0;
  balance = 0n;
  readonly tickets = new Map<number, Ticket>();
  readonly paid = new Map<number, OpenPaid>();
  newPaid: OpenPaid[] = [];
  newCredits: Credit[] = [];
  readonly takenBack = new Set<OpenPaid>();
  readonly arrivals = new Map<string, Arrival>();
  readonly meetings = new Map<string, Credit & { readonly state: MeetingState }>();

  constructor(
    readonly purse: string,
    readonly isIssuer: boolean,
  ) {}
}

const arrivalKey = (a: Arrival): string => `${a.ticketNo}/${a.payer}/${a.paymentNo}`;
const meetingKey = (c: Credit): string => `${c.paymentNo}/${c.payee}/${c.ticketNo}`;
const strength = (verdict: StoredVerdict | undefined): number =>
  verdict === undefined ? -1 : VERDICTS.indexOf(verdict);

export class MeetingBooks implements MeetingRows {
  readonly #books = new Map<string, Book>();
  /** Carried to purses that are not there. */
  readonly #strangers = new Map<string, Book>();
  readonly #due = new Set<Book>();

  /** A purse that was given a certificate. */
  open(purse: string, isIssuer = false): void {
    this.#books.set(purse, new Book(purse, isIssuer));
  }

  /** What a purse has proven: where it stands now, and what its new entries add. */
  prove(purse: string, at: { readonly seq: number; readonly balance: bigint }, facts: readonly ProvenFact[]) {
    const book = this.#books.get(purse);
    if (book === undefined) throw new Error(`Bug: the purse ${purse} was not opened`);
    for (const fact of facts) this.#add(book, fact);
    book.seq = at.seq;
    book.balance = at.balance;
    if (book.met < book.seq) this.#due.add(book);
  }

  #add(book: Book, fact: ProvenFact): void {
    switch (fact.kind) {
      case 'ticket_opened':
        book.tickets.set(fact.ticketNo, { state: 'open', by: undefined });
        return;
      case 'ticket_closed':
        book.tickets.set(fact.ticketNo, { state: fact.outcome, by: fact.by });
        return;
      case 'credited': {
        const { kind, ...credit } = fact;
        book.newCredits.push({ ...credit, payee: book.purse });
        return;
      }
      case 'paid': {
        const { kind, ...payment } = fact;
        const state = 'open';
        const paid: OpenPaid = {
          ...payment,
          payer: book.purse,
          state,
          isCancelled: false,
          verdict: undefined,
        };
        book.paid.set(paid.paymentNo, paid);
        book.newPaid.push(paid);
        return;
      }
      case 'settled': {
        const paid = book.paid.get(fact.paymentNo);
        if (paid === undefined) return;
        paid.state = fact.outcome;
        paid.isCancelled = fact.outcome === 'cancelled';
        if (paid.isCancelled) book.takenBack.add(paid);
        forget(book, paid);
        return;
      }
    }
  }

  due(limit: number): Due[] {
    const due: Due[] = [];
    for (const { purse, isIssuer, met, seq } of this.#due) {
      if (due.length === limit) break;
      due.push({ purse, isIssuer, after: met, upTo: seq });
    }
    return due;
  }

  markMet(due: readonly Due[]): void {
    for (const { purse, upTo } of due) {
      const book = this.#books.get(purse);
      if (book === undefined) continue;
      book.met = Math.max(book.met, upTo);
      book.newPaid = book.newPaid.filter((p) => p.paymentNo > upTo);
      book.newCredits = book.newCredits.filter((c) => c.seq > upTo);
      if (book.met >= book.seq) this.#due.delete(book);
    }
  }

  async facts(due: readonly Due[]): Promise<Facts> {
    const paid: Paid[] = [];
    const takenBack: Paid[] = [];
    const credits: Credit[] = [];
    for (const { purse, after, upTo } of due) {
      const book = this.#books.get(purse);
      if (book === undefined) continue;
      for (const p of book.newPaid) if (p.paymentNo > after && p.paymentNo <= upTo) paid.push({ ...p });
      for (const c of book.newCredits) if (c.seq > after && c.seq <= upTo) credits.push(c);
      for (const p of book.takenBack) if (isUncarried(p.verdict)) takenBack.push({ ...p });
    }
    return { paid, takenBack, credits };
  }

  async addArrivals(arrivals: readonly Arrival[]): Promise<void> {
    for (const arrival of arrivals) {
      const at = this.#at(arrival.payee).arrivals;
      const before = at.get(arrivalKey(arrival));
      at.set(arrivalKey(arrival), {
        ...arrival,
        isRefused: arrival.isRefused || before?.isRefused === true,
      });
    }
  }

  async arrivalsAt(payees: readonly string[]): Promise<Arrival[]> {
    return payees.flatMap((payee) => [...this.#at(payee).arrivals.values()]);
  }

  async dropArrivals(arrivals: readonly Arrival[]): Promise<void> {
    for (const arrival of arrivals) this.#at(arrival.payee).arrivals.delete(arrivalKey(arrival));
  }

  async ticketWords(
    asked: readonly { readonly payee: string; readonly ticketNo: number }[],
  ): Promise<TicketWord[]> {
    return asked.map(({ payee, ticketNo }) => {
      const book = this.#books.get(payee);
      const ticket = book?.tickets.get(ticketNo);
      return { payee, ticketNo, payeeSeq: book?.seq, state: ticket?.state, by: ticket?.by };
    });
  }

  async addMeetings(credits: readonly Credit[]): Promise<void> {
    for (const credit of credits) {
      const { meetings } = this.#at(credit.payer);
      if (!meetings.has(meetingKey(credit))) meetings.set(meetingKey(credit), { ...credit, state: 'ahead' });
    }
  }

  async reachedMeetings(payers: readonly string[]): Promise<Credit[]> {
    return payers.flatMap((payer) => {
      const { meetings, seq } = this.#at(payer);
      return [...meetings.values()].filter((m) => m.state === 'ahead' && m.paymentNo <= seq);
    });
  }

  async setMeetings(all: readonly (Credit & { readonly state: MeetingState })[]): Promise<void> {
    for (const meeting of all) this.#at(meeting.payer).meetings.set(meetingKey(meeting), meeting);
  }

  async dropMeetings(all: readonly Credit[]): Promise<void> {
    for (const meeting of all) this.#at(meeting.payer).meetings.delete(meetingKey(meeting));
  }

  async payerWords(
    asked: readonly { readonly payer: string; readonly paymentNo: number }[],
  ): Promise<PayerWord[]> {
    return asked.map(({ payer, paymentNo }) => {
      const book = this.#books.get(payer);
      const paid = book?.paid.get(paymentNo);
      return { payer, paymentNo, payerSeq: book?.seq, isIssuer: book?.isIssuer === true, paid };
    });
  }

  async setVerdicts(verdicts: readonly Verdict[]): Promise<Paid[]> {
    const takenBack: Paid[] = [];
    for (const { payer, paymentNo, verdict } of verdicts) {
      const book = this.#books.get(payer);
      const paid = book?.paid.get(paymentNo);
      if (book === undefined || paid === undefined) continue;
      const given = verdict === 'credited' && paid.isCancelled ? 'taken_back' : verdict;
      if (strength(given) <= strength(paid.verdict)) continue;
      paid.verdict = given;
      if (given === 'taken_back') takenBack.push({ ...paid });
      if (!isUncarried(given)) book.takenBack.delete(paid);
      forget(book, paid);
      if (given === 'credited') this.#books.get(paid.payee)?.tickets.delete(paid.ticketNo);
    }
    return takenBack;
  }

  async shadows(purses: readonly string[]): Promise<Shadow[]> {
    return purses.flatMap((purse) => {
      const book = this.#books.get(purse);
      if (book === undefined) return [];
      const ahead = [...book.meetings.values()].filter((m) => m.state === 'ahead' && m.paymentNo > book.seq);
      const waiting = [...book.arrivals.values()].filter((a) => !a.isRefused && isOpenAt(book, a));
      const creditedAhead = sumOf(ahead, (m) => m.amount);
      const { isIssuer, balance } = book;
      return [{ purse, isIssuer, balance, creditedAhead, waiting: sumOf(waiting, (a) => a.amount) }];
    });
  }

  #at(purse: string): Book {
    const known = this.#books.get(purse) ?? this.#strangers.get(purse);
    if (known !== undefined) return known;
    const stranger = new Book(purse, false);
    this.#strangers.set(purse, stranger);
    return stranger;
  }
}

/** On a payment that its payer took back: others have not heard of that. */
const isUncarried = (verdict: StoredVerdict | undefined): boolean =>
  verdict === undefined || verdict === 'waiting' || verdict === 'credited';

const isOpenAt = ({ tickets, seq }: Book, { ticketNo }: Arrival): boolean => {
  const ticket = tickets.get(ticketNo);
  return ticket === undefined ? ticketNo > seq : ticket.state === 'open';
};

function forget(book: Book, paid: OpenPaid): void {
  if (paid.verdict === 'credited' && paid.state === 'credited') book.paid.delete(paid.paymentNo);
}
