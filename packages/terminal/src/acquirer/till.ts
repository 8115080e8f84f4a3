/**
 * A terminal's till: what it asks its acquirer, in which order, and what it holds as paid.
 *
 * What must hold: before a question leaves, it is written down; a question that got no answer that can be believed is taken back, and
 * nothing else is asked before that was taken; so after any cut, the entries are what the acquirer has, or will have once they were sent.
 * An offline approval is kept until the acquirer has taken it.
 */
import { hex, type IsoMessage, SokkinError } from '@sokkin/codec';
import { TAG } from '../emv/tags.ts';
import { fateOf, readAnswer } from './answers.ts';
import {
  captureAdvice,
  offlineAdvice,
  refundRequest,
  repeatOf,
  reversalRequest,
  saleRequest,
  type Writing,
} from './messages.ts';
import type { Stamp } from './shop.ts';
import {
  changed,
  entryOf,
  givenBack,
  isSameTap,
  keptOf,
  MOST_STAN,
  newEntry,
  nextBatch,
  type ShownCard,
  shownOf,
  type TillEntry,
  type TillKind,
  type TillSale,
  type TillState,
  totalsOf,
  waiting,
} from './till-state.ts';
import { closeRequest, type DayTotals } from './totals.ts';

export interface TillPorts {
  /** The answer; undefined: none came, or none that can be believed. */
  readonly ask: (message: IsoMessage) => Promise<IsoMessage | undefined>;
  /** On disk when it returns. */
  readonly save: (state: TillState) => Promise<void>;
  readonly now: () => { readonly local: string; readonly transmitted: string };
}

export interface DayClosed {
  readonly totals: DayTotals;
  readonly code: string;
  readonly meaning: string;
  readonly isBalanced: boolean;
}

interface Question {
  readonly kind: TillKind;
  readonly amount: bigint;
  readonly card: ShownCard;
  readonly name: string | undefined;
  readonly of?: string;
}

export class Till {
  readonly #writing: Writing;
  readonly #ports: TillPorts;
  #state: TillState;

  constructor(writing: Writing, ports: TillPorts, state: TillState) {
    this.#writing = writing;
    this.#ports = ports;
    this.#state = state;
  }

  get state(): TillState {
    return this.#state;
  }

  /** A question that was open when the terminal was switched off got no answer. */
  async takeUp(): Promise<void> {
    for (const entry of this.#state.entries.filter((e) => e.standing === 'open'))
      await this.#unanswered(entry);
  }

  /** Sends what is to be taken back. False: the acquirer does not answer; nothing else may be asked. */
  async settle(): Promise<boolean> {
    await this.takeUp();
    for (const entry of this.#state.entries.filter((e) => e.standing === 'reversing'))
      if (!(await this.#sendUndo(entry))) return false;
    return true;
  }

  /** A purchase (`pay`), or a hold for a later capture. */
  sell(kind: 'pay' | 'hold', sale: TillSale): Promise<TillEntry> {
    const { amount, name } = sale;
    return this.#question({ kind, amount, card: shownOf(sale), name }, (stamp) =>
      saleRequest(this.#writing, { ...sale, kind, stamp }),
    );
  }

  /** An amount of a payment goes back to the card's account. */
  refund(reference: string, amount: bigint): Promise<TillEntry> {
    return this.refundOf(this.#known(reference), amount);
  }

  /** Of a payment of any day. `name`: the shop's own for the refund. */
  async refundOf(paid: TillEntry, amount: bigint, name?: string): Promise<TillEntry> {
    const { card, message, reference } = paid;
    const isPaid = paid.standing === 'approved' || paid.standing === 'sent';
    if (!isPaid || paid.kind === 'hold' || paid.kind === 'refund')
      throw new SokkinError('nothing_paid', `${reference} is no payment that money could be given back of.`);
    const most = paid.stands - givenBack(this.#state, reference);
    if (most === 0n)
      throw new SokkinError('nothing_paid', `All that was paid under ${reference} was given back.`);
    if (amount <= 0n || amount > most)
      throw new SokkinError('too_much', `Paid, and not given back, are ${most}: give back 1 to ${most}.`);
    return this.#question({ kind: 'refund', amount, card, name, of: reference }, (stamp) =>
      refundRequest(this.#writing, message, { stamp, amount }),
    );
  }

  /** The card approved without the acquirer. The same tap brought again is one payment. */
  async offline(sale: TillSale): Promise<TillEntry> {
    const cryptogram = hex(sale.card.data.get(TAG.cryptogram) ?? new Uint8Array(0));
    const before = this.#state.entries.find((e) => isSameTap(e, cryptogram));
    if (before !== undefined) return before;
    const stamp = this.#stamp();
    const message = keptOf(offlineAdvice(this.#writing, { ...sale, stamp }), true);
    const { amount: stands } = sale;
    const { name } = sale;
    const more = { standing: 'queued', stands, wasApproved: stands, cryptogram, message, name } as const;
    return this.#add(newEntry(stamp, 'offline', stands, shownOf(sale), message, more));
  }

  /** Takes what was held, or a part of it; waits in the queue if the line is down. */
  async capture(reference: string, amount: bigint): Promise<TillEntry> {
    const held = this.#known(reference);
    const { approvalCode, stands, card } = held;
    if (held.kind !== 'hold' || held.standing !== 'approved' || held.of !== undefined)
      throw new SokkinError('no_hold', `Nothing is held under ${reference} that could be taken.`);
    if (amount <= 0n || amount > stands)
      throw new SokkinError('too_much', `Held are ${stands}: take 1 to ${stands}.`);
    const stamp = { ...this.#stamp(), reference };
    const message = keptOf(captureAdvice(this.#writing, held.message, { stamp, amount, approvalCode }), true);
    const more = { standing: 'queued', stands: amount, wasApproved: amount, approvalCode } as const;
    const entry = newEntry(stamp, 'capture', amount, card, message, { ...more, of: reference });
    const state = changed(this.#state, reference, 'hold', { of: amount.toString() });
    await this.#keep({ ...state, entries: [...state.entries, entry] });
    await this.upload();
    return this.#state.entries.find((e) => e.kind === 'capture' && e.reference === reference) ?? entry;
  }

  /** Takes a payment back, or all of it but `left`. */
  async cancel(reference: string, left = 0n): Promise<TillEntry> {
    const entry = this.#known(reference);
    if (entry.kind === 'refund')
      throw new SokkinError('nothing_to_cancel', `${reference} is a refund: take a new payment instead.`);
    if (entry.standing !== 'approved')
      throw new SokkinError(
        'nothing_to_cancel',
        `${reference} is ${entry.standing}: there is nothing to take back.`,
      );
    const given = givenBack(this.#state, reference);
    if (given === entry.stands)
      throw new SokkinError('nothing_to_cancel', `All of ${reference} was given back already.`);
    if (left < given || left >= entry.stands)
      throw new SokkinError(
        'too_much',
        `Of ${entry.stands}, ${given > 0n ? `of which ${given} were given back, ` : ''}${given} to ${entry.stands - 1n} can be left.`,
      );
    await this.#undo(entry, 'cancelled', left);
    await this.settle();
    return this.#known(reference);
  }

  /** Sends what waits: reversals first, then offline approvals and captures. How many still wait. */
  async upload(): Promise<number> {
    if (!(await this.settle())) return waiting(this.#state).length;
    for (const entry of this.#state.entries.filter((e) => e.standing === 'queued'))
      if (!(await this.#sendQueued(entry))) break;
    return waiting(this.#state).length;
  }

  /** 0500. Everything must have reached the acquirer before; undefined: it does not answer. */
  async close(): Promise<DayClosed | undefined> {
    if ((await this.upload()) > 0) return undefined;
    const totals = totalsOf(this.#state);
    const asked = closeRequest(this.#writing, this.#stamp(), totals);
    await this.#keep(this.#state);
    const answer = await this.#ports.ask(asked);
    if (answer === undefined) return undefined;
    const { code, meaning } = readAnswer(this.#writing.profile, asked, answer);
    const isBalanced = code === '00' || code === '500';
    if (isBalanced || code === '501') await this.#keep(nextBatch(this.#state));
    return { totals, code, meaning, isBalanced };
  }

  async #question(
    { kind, amount, card, name, of }: Question,
    write: (stamp: Stamp) => IsoMessage,
  ): Promise<TillEntry> {
    if (!(await this.settle()))
      throw new SokkinError(
        'line_down',
        'The acquirer does not answer, and a payment is still to be taken back. Nothing was asked: try again.',
      );
    const stamp = this.#stamp();
    const message = write(stamp);
    const entry = await this.#add(newEntry(stamp, kind, amount, card, keptOf(message, false), { name, of }));
    const answer = await this.#ports.ask(message);
    return answer === undefined ? this.#lost(entry) : this.#answered(entry, message, answer);
  }

  async #answered(entry: TillEntry, message: IsoMessage, answer: IsoMessage): Promise<TillEntry> {
    const found = readAnswer(this.#writing.profile, message, answer);
    const { verdict, code, meaning, approved, approvalCode } = found;
    if (verdict === 'unclear') return this.#lost({ ...entry, code, meaning });
    const standing = verdict === 'declined' ? 'declined' : 'approved';
    const change = {
      standing,
      code,
      meaning,
      approvalCode,
      stands: approved,
      wasApproved: approved,
    } as const;
    await this.#keep(changed(this.#state, entry.reference, entry.kind, change));
    return this.#known(entry.reference);
  }

  /** No answer: it is taken back, or said again, at once if the line lets it. */
  async #lost(entry: TillEntry): Promise<TillEntry> {
    await this.#unanswered(entry);
    const now = this.#known(entry.reference);
    if (now.standing === 'queued') await this.#sendQueued(now);
    else await this.settle();
    return this.#known(entry.reference);
  }

  /** A refund is owed to somebody: it is said again until it is answered. Everything else is taken back. */
  async #unanswered(entry: TillEntry): Promise<void> {
    if (entry.kind !== 'refund') return this.#undo(entry, 'noAnswer');
    const change = { standing: 'queued', message: repeatOf(entry.message) } as const;
    await this.#keep(changed(this.#state, entry.reference, entry.kind, change));
  }

  /** False: no answer. */
  async #sendQueued({ message, reference, kind, asked }: TillEntry): Promise<boolean> {
    const answer = await this.#ports.ask(message);
    if (answer === undefined) return false;
    const { profile } = this.#writing;
    const { code, meaning, approvalCode } = readAnswer(profile, message, answer);
    const fate = fateOf(profile, message, answer);
    if (fate === 'later') return true;
    const kept = { code, meaning, message: keptOf(message, false) };
    const taken =
      kind === 'refund'
        ? ({ standing: 'approved', stands: asked, wasApproved: asked, approvalCode } as const)
        : ({ standing: 'sent' } as const);
    const refused = { standing: kind === 'refund' ? 'declined' : 'refused', stands: 0n } as const;
    await this.#keep(
      changed(this.#state, reference, kind, { ...kept, ...(fate === 'taken' ? taken : refused) }),
    );
    return true;
  }

  async #undo(entry: TillEntry, reason: 'noAnswer' | 'cancelled', left = 0n): Promise<void> {
    const wish = { stamp: this.#stamp(), reason, left };
    const message = keptOf(reversalRequest(this.#writing, entry.message, wish), false);
    const { code, meaning } = entry;
    const change = { standing: 'reversing', undo: { message, left, wasSent: false }, code, meaning } as const;
    await this.#keep(changed(this.#state, entry.reference, entry.kind, change));
  }

  async #sendUndo({ undo, reference, kind }: TillEntry): Promise<boolean> {
    if (undo === undefined) return true;
    const { message, left, wasSent } = undo;
    // Before it leaves: what is said again must say so
    if (!wasSent)
      await this.#keep(changed(this.#state, reference, kind, { undo: { ...undo, wasSent: true } }));
    const answer = await this.#ports.ask(wasSent ? repeatOf(message) : message);
    if (answer === undefined) return false;
    const fate = fateOf(this.#writing.profile, message, answer);
    if (fate === 'later') return false;
    const { code, meaning } = readAnswer(this.#writing.profile, message, answer);
    const change =
      fate === 'refused'
        ? { standing: 'refused' as const, code, meaning, undo: undefined }
        : {
            standing: left > 0n ? ('approved' as const) : ('reversed' as const),
            stands: left,
            undo: undefined,
          };
    await this.#keep(changed(this.#state, reference, kind, change));
    return true;
  }

  async #add(entry: TillEntry): Promise<TillEntry> {
    await this.#keep({ ...this.#state, entries: [...this.#state.entries, entry] });
    return entry;
  }

  #known(reference: string): TillEntry {
    const entry = entryOf(this.#state, reference);
    if (entry !== undefined) return entry;
    throw new SokkinError(
      'not_found',
      `This terminal has no payment ${reference} in batch ${this.#state.batch}.`,
    );
  }

  #stamp(): Stamp {
    const stan = (this.#state.stan % MOST_STAN) + 1;
    this.#state = { ...this.#state, stan };
    const digits = stan.toString().padStart(6, '0');
    const { local, transmitted } = this.#ports.now();
    // Unique for the terminal: the day, and the number
    return { stan: digits, reference: `${local.slice(0, 6)}${digits}`, local, transmitted };
  }

  async #keep(state: TillState): Promise<void> {
    this.#state = state;
    await this.#ports.save(state);
  }
}
