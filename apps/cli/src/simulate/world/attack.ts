/**
 * Broken secure elements, and what their holders do with them.
 *
 * What must hold: an attacker can copy a state, turn it back, have its element credit a Payment that nobody made, and stop
 * counting; everything else goes through the purse machine and the taps that honest people use. What it makes is counted
 * where it makes it.
 */
import { assert } from '@sokkin/codec';
import { encodePayment, headAfter, type Payment, type PurseState } from '@sokkin/purse';
import type { Attack } from '../scenario.ts';
import { askFor, forgetful, isCredited, take, uncounted, YEN } from './element.ts';
import { type GroupFlows, type Money, madeBy } from './money.ts';
import type { Stream } from './random.ts';
import type { Person, Purse, Society } from './society.ts';

/** A moment of an attack: when, and what it had cost by then. */
export interface Mark {
  /** Seconds since the attack began. */
  readonly after: number;
  readonly made: number;
}

export const MARKS = ['suspected', 'proven', 'blocked', 'half', 'all'] as const;
export type MarkName = (typeof MARKS)[number];

export class Group {
  readonly flows: GroupFlows = { in: 0, out: 0 };
  /** Elements that spend; copies have the same id. */
  elements: Purse[] = [];
  /** Of these elements the back-end should hear. */
  readonly ids = new Set<string>();
  /** Honest people who met one of them, and which of those carry a list that names it. */
  readonly contacts = new Set<number>();
  readonly warned = new Set<number>();
  readonly marks: Partial<Record<MarkName, Mark>> = {};
  begunAt: number | undefined;
  /** Payments that were credited, and that were cancelled because the payer was on a list. */
  credited = 0;
  cancelled = 0;
  madeAfterBlock = 0;
  #before: PurseState | undefined;
  #invented = 0;

  constructor(
    readonly number: number,
    readonly attack: Attack,
    readonly person: Person,
    readonly partner: Person | undefined,
    readonly mules: readonly Person[],
    readonly draw: Stream,
  ) {}

  get made(): number {
    return madeBy(this.flows);
  }

  members(): readonly Person[] {
    return [this.person, ...(this.partner === undefined ? [] : [this.partner]), ...this.mules];
  }

  mark(name: MarkName, at: number): void {
    if (this.begunAt === undefined || this.marks[name] !== undefined) return;
    this.marks[name] = { after: at - this.begunAt, made: this.made };
  }

  /** The element breaks; its holder has filled it before. */
  begin(money: Money, at: number): void {
    this.begunAt = at;
    const { purse } = this.person;
    this.elements = [purse];
    this.ids.add(purse.id);
    for (const member of this.members()) {
      member.group = this.number;
      this.flows.in += Number(member.purse.state.balance);
    }
    for (const mule of this.mules) mule.handsIn = false;
    this.person.isBroken = true;
    if (this.partner !== undefined) {
      this.partner.isBroken = true;
      this.ids.add(this.partner.purse.id);
    }
    if (this.attack.kind === 'rollback') this.#before = purse.state;
    if (this.attack.kind !== 'clone') return;
    while (this.elements.length < this.attack.copies) {
      this.elements.push({ ...purse });
      money.made += Number(purse.state.balance);
    }
  }

  /** Gets an element ready to pay `amount`; what it can pay now. */
  ready(money: Money, element: Purse, amount: number, society: Society): number {
    if (!this.attack.counts) element.state = uncounted(element.state);
    if (!this.attack.counts && this.attack.sync === 'never') element.state = forgetful(element.state);
    const has = Number(element.state.balance);
    if (has >= amount) return amount;
    switch (this.attack.kind) {
      case 'clone':
        return has;
      case 'rollback':
        return this.#turnBack(money, element, amount);
      case 'mint':
      case 'collude':
        return this.#invent(money, element, amount, society);
    }
  }

  #turnBack(money: Money, element: Purse, amount: number): number {
    assert(this.#before !== undefined, 'the state before the attack was kept');
    money.made += Number(this.#before.balance - element.state.balance);
    element.state = this.#before;
    return Math.min(amount, Number(element.state.balance));
  }

  /** Credits a Payment that its payer never made: a stranger's, or that of the partner, who signs what is wanted. */
  #invent(money: Money, element: Purse, amount: number, society: Society): number {
    const room = Number(element.state.limits.holding - element.state.balance);
    const asked = askFor(element.state, Math.min(room, amount * 4));
    if (asked.status !== 'ok') return Number(element.state.balance);
    const ticket = asked.message;
    const payer = this.partner ?? society.at(this.draw.below(society.people.length));
    const { certificate, state } = payer.purse;
    this.#invented++;
    const seq = this.partner === undefined ? 1 + this.draw.below(99) : state.seq + this.#invented;
    const payment: Payment = {
      purse: certificate.subjectRef,
      seq,
      link: state.head,
      currency: YEN,
      amount: ticket.maxAmount,
      payee: element.certificate.subjectRef,
      ticketNo: ticket.seq,
    };
    const hash = headAfter(encodePayment(payment));
    const taken = take(asked.state, { payment, paymentHash: hash, payer: certificate });
    if (taken.status !== 'ok') return Number(element.state.balance);
    element.state = taken.state;
    if (isCredited(taken.message)) money.arrives(Number(payment.amount), hash);
    return Math.min(amount, Number(element.state.balance));
  }
}

/** Draws who attacks: people without an attack of their own yet. */
export function recruit(
  attacks: readonly Attack[],
  society: Society,
  streams: (n: number) => Stream,
): Group[] {
  const people = society.people.filter((p) => !p.isShop);
  const taken = new Set<number>();
  const groups: Group[] = [];
  for (const attack of attacks) {
    for (let i = 0; i < attack.groups; i++) {
      const draw = streams(groups.length);
      const someone = (): Person => {
        for (;;) {
          const person = people[draw.below(people.length)];
          assert(person !== undefined, 'there are people');
          if (taken.has(person.number)) continue;
          taken.add(person.number);
          return person;
        }
      };
      const person = someone();
      const partner = attack.kind === 'collude' ? someone() : undefined;
      const mules = Array.from({ length: attack.mules }, someone);
      groups.push(new Group(groups.length, attack, person, partner, mules, draw));
    }
  }
  return groups;
}
