/**
 * A nation on paper: people pay each other with nothing online, meet the network now and then, and some of them make
 * money; the back-end's own code finds out, or does not.
 *
 * What must hold:
 * - a run depends on its scenario and seed alone;
 * - at the end of every day, exactly: all balances + in flight = issued - redeemed + made (`Money`); without attackers
 *   nothing is made (I1) and no purse is proven broken (I7);
 * - people know what their purses know: a blocked purse is refused by whoever has synced since, and by nobody else.
 */
import { assert, equal, hex } from '@sokkin/codec';
import { ROLE } from '@sokkin/crypto';
import type { Grant, Limits, Refusal } from '@sokkin/purse';
import { BackEnd } from './network/back-end.ts';
import { collect, type DayRow, type RunResult } from './result.ts';
import { personLimits, type Scenario, shopLimits } from './scenario.ts';
import { type Group, recruit } from './world/attack.ts';
import { certificateOf, idOf, MEMORY, newElement } from './world/element.ts';
import { Money } from './world/money.ts';
import { fund, redeem, visit } from './world/network-visit.ts';
import { Queue } from './world/queue.ts';
import { type Stream, Streams } from './world/random.ts';
import { DAY, HOUR, type Person, type Purse, Society } from './world/society.ts';
import { deliver, type Tap, tap } from './world/tap.ts';

type Kind = 'pay' | 'sync' | 'carry' | 'lose' | 'begin' | 'strike' | 'raid' | 'round' | 'day';

/** A torn Payment, until it arrives. */
interface Carried {
  readonly payer: Purse;
  readonly payee: Person;
  readonly to: Purse;
  readonly tap: Extract<Tap, { status: 'torn' }>;
}

const CARRY_HOURS = 12;
const RAID_DAYS = 3;
/** A shop goes to the network before its memory or its room is full. */
const FULL = 0.75;

export class Nation {
  readonly #queue = new Queue<Kind>();
  readonly #money = new Money();
  readonly #backEnd: BackEnd;
  readonly #society: Society;
  readonly #groups: readonly Group[];
  readonly #carried = new Map<number, Carried>();
  readonly #lost: Purse[] = [];
  readonly #refusals = new Map<Refusal, number>();
  readonly #limits: { readonly person: Limits; readonly shop: Limits };
  readonly #tearing: Stream;
  readonly #days: DayRow[] = [];
  #born = 0;
  #taps = 0;
  #carriedCount = 0;
  readonly #paid = { count: 0, value: 0 };

  constructor(
    readonly scenario: Scenario,
    readonly seed: number,
  ) {
    const streams = new Streams(seed);
    this.#limits = { person: personLimits(scenario), shop: shopLimits(scenario) };
    this.#backEnd = new BackEnd(scenario.policy);
    this.#society = new Society(scenario, streams, (_, isShop) => this.#birth(isShop));
    this.#groups = recruit(scenario.attacks, this.#society, (n) => streams.of('attack', n));
    this.#tearing = streams.of('tearing');
  }

  /** `onDay` hears after each day; it may ask for an early end. */
  async run(onDay: (day: number) => boolean | Promise<boolean> = () => true): Promise<RunResult> {
    for (const person of this.#society.people) await this.#settleIn(person);
    for (const group of this.#groups) this.#queue.add(group.attack.from_day * DAY, 'begin', group.number);
    this.#queue.add(HOUR, 'round', 0);
    this.#queue.add(DAY, 'day', 1);
    const end = this.scenario.days * DAY;
    for (let event = this.#queue.next(); event !== undefined && event.at <= end; event = this.#queue.next()) {
      if (event.kind !== 'day') {
        await this.#happens(event.kind, event.who, event.tag, event.at);
        continue;
      }
      await this.#backEnd.round(event.at);
      this.#watch(event.at);
      this.#closeDay(event.who, event.at);
      this.#queue.add(event.at + DAY, 'day', event.who + 1);
      if (!(await onDay(event.who))) break;
    }
    return collect({
      scenario: this.scenario,
      seed: this.seed,
      days: this.#days,
      groups: this.#groups,
      findings: this.#backEnd.findings,
      paid: this.#paid,
      taps: this.#taps,
      refusals: this.#refusals,
      issued: this.#backEnd.issuance.issued,
      redeemed: this.#backEnd.issuance.redeemed,
      money: this.#money,
      purses: this.#born,
    });
  }

  async #happens(kind: Exclude<Kind, 'day'>, who: number, tag: number, at: number): Promise<void> {
    switch (kind) {
      case 'pay':
        return this.#pays(this.#society.at(who), at);
      case 'sync':
        return this.#goes(this.#society.at(who), tag, at);
      case 'carry':
        return this.#carry(who, at);
      case 'lose':
        return this.#loses(this.#society.at(who), at);
      case 'begin':
        return this.#begins(this.#group(who), at);
      case 'strike':
        return this.#strikes(this.#group(who), tag, at);
      case 'raid':
        return this.#raids(this.#group(who), tag, at);
      case 'round':
        await this.#backEnd.round(at);
        this.#watch(at);
        this.#queue.add(at + HOUR, 'round', 0);
        return;
    }
  }

  #birth(isShop: boolean): Purse {
    this.#born++;
    const certificate = certificateOf(ROLE.purse, this.#born);
    const id = idOf(certificate);
    this.#backEnd.enrol(id, certificate, isShop ? this.#limits.shop : this.#limits.person);
    return { id, certificate, state: newElement(certificate, MEMORY) };
  }

  /** A new purse is activated and filled with the network at hand; then its life begins. */
  async #settleIn(person: Person): Promise<void> {
    const { money, people } = this.scenario;
    await visit(this.#backEnd, this.#money, person.purse, [], 0);
    const { going, paying, number } = person;
    if (!person.isShop) {
      fund(this.#backEnd, person.purse, Math.round(money.fund_to * going.unit()));
      this.#queue.add(paying.exponential(person.gap), 'pay', number);
      if (people.lost > 0) this.#queue.add(going.exponential((365 * DAY) / people.lost), 'lose', number);
    }
    this.#planNext(person, 0);
  }

  #planNext(person: Person, at: number): void {
    if (person.habit === undefined) person.plan++;
    else this.#plan(person, at + person.going.exponential(person.habit));
  }
  #plan(person: Person, at: number): void {
    person.plan++;
    this.#queue.add(at, 'sync', person.number, person.plan);
  }

  #pays(payer: Person, at: number): void {
    if (payer.isBroken) return;
    this.#queue.add(at + payer.paying.exponential(payer.gap), 'pay', payer.number);
    const { people } = this.scenario;
    const payee = this.#society.payeeOf(payer, payer.paying);
    const amount = amountFor(payee.isShop ? people.in_shops : people.amount, payer.paying);
    const isReceipted = payer.paying.chance(people.receipts);
    const isTorn = this.#tearing.chance(people.torn);
    this.#taps++;
    const done = tap(this.#money, payer.purse, payee.purse, { amount, isReceipted, isTorn });
    this.#after(done, payer, payee, payer.purse, amount, at);
  }

  #after(done: Tap, payer: Person, payee: Person, from: Purse, amount: number, at: number): void {
    switch (done.status) {
      case 'refused': {
        this.#refusals.set(done.why, (this.#refusals.get(done.why) ?? 0) + 1);
        this.#hurry(done.by === 'payer' ? payer : payee, at);
        return;
      }
      case 'torn':
        this.#carriedCount++;
        this.#carried.set(this.#carriedCount, { payer: from, payee, to: payee.purse, tap: done });
        this.#queue.add(at + this.#tearing.exponential(CARRY_HOURS * HOUR), 'carry', this.#carriedCount);
        return;
      case 'paid':
        this.#paid.count++;
        this.#paid.value += amount;
        this.#flow(payer.group, payee.group, amount);
        break;
      case 'cancelled':
        break;
    }
    const { message: payment, hash } = done.payment;
    if (payee.handsIn) payee.seen.push({ payment, hash });
    if (payee.isShop && this.#isFull(payee)) this.#plan(payee, at + HOUR / 2);
  }

  /** Money that crosses the border of an attacking group. */
  #flow(from: number | undefined, to: number | undefined, amount: number): void {
    if (from === to) return;
    if (from !== undefined) this.#group(from).flows.out += amount;
    if (to !== undefined) this.#group(to).flows.in += amount;
  }

  #isFull({ purse: { state } }: Person): boolean {
    const unsent = state.seq - state.ackSeq;
    return unsent > state.profile.cells * FULL || Number(state.balance) > Number(state.limits.holding) * FULL;
  }

  /** Somebody who cannot pay, or be paid, looks for the network. */
  #hurry(person: Person, at: number): void {
    if (person.isBroken) return;
    this.#plan(person, at + person.going.exponential(this.scenario.hurry_hours * HOUR));
  }

  async #goes(person: Person, plan: number, at: number): Promise<void> {
    if (plan !== person.plan || person.isBroken) return;
    const back = this.#networkFrom(person.region, at);
    if (back > at) {
      this.#plan(person, back + person.going.unit() * DAY);
      return;
    }
    const seen = person.seen;
    person.seen = [];
    const grant = await visit(this.#backEnd, this.#money, person.purse, seen, at);
    if (grant !== undefined) this.#reads(person, grant, at);
    this.#exchange(person);
    this.#planNext(person, at);
  }

  #exchange(person: Person): void {
    const { money } = this.scenario;
    const { purse } = person;
    if (purse.state.lifecycle !== 'active') return;
    const balance = Number(purse.state.balance);
    if (person.isShop) {
      this.#flow(person.group, undefined, redeem(this.#backEnd, purse, money.shop_keeps, true));
    } else if (balance < money.fund_below) {
      this.#flow(undefined, person.group, fund(this.#backEnd, purse, money.fund_to));
    } else if (balance > 2 * money.fund_to) {
      this.#flow(person.group, undefined, redeem(this.#backEnd, purse, money.fund_to, true));
    }
  }

  /** Until when the region is without network; `at` itself if it has one. */
  #networkFrom(region: number, at: number): number {
    let back = at;
    for (const { from_day, days, regions } of this.scenario.outages) {
      const until = (from_day + days) * DAY;
      if (region < regions && at >= from_day * DAY && at < until) back = Math.max(back, until);
    }
    return back;
  }

  /** The list of blocked purses that a contact of an attack now carries. */
  #reads(person: Person, grant: Grant, at: number): void {
    const named = new Set(grant.blocked.map(hex));
    for (const group of this.#groups) {
      if (!group.contacts.has(person.number)) continue;
      if (isNamed(group, named)) group.warned.add(person.number);
      else group.warned.delete(person.number);
      this.#markWarned(group, at);
    }
  }

  #markWarned(group: Group, at: number): void {
    if (group.marks.blocked === undefined) return;
    const { contacts, warned } = group;
    if (2 * warned.size >= contacts.size) group.mark('half', at);
    if (warned.size >= contacts.size) group.mark('all', at);
  }

  #carry(number: number, at: number): void {
    const carried = this.#carried.get(number);
    this.#carried.delete(number);
    if (carried === undefined || carried.payee.purse !== carried.to) return;
    const { payer, payee, to, tap: torn } = carried;
    const { payment } = torn;
    if (deliver(this.#money, payer, to, payment, true) === 'paid') {
      this.#paid.count++;
      this.#paid.value += Number(payment.message.amount);
    }
    if (payee.handsIn) payee.seen.push({ payment: payment.message, hash: payment.hash });
    if (payee.isShop && this.#isFull(payee)) this.#plan(payee, at + HOUR / 2);
  }

  async #loses(person: Person, at: number): Promise<void> {
    if (person.group !== undefined) return;
    this.#lost.push(person.purse);
    person.purse = this.#birth(false);
    person.seen = [];
    await visit(this.#backEnd, this.#money, person.purse, [], at);
    fund(this.#backEnd, person.purse, this.scenario.money.fund_to);
    this.#queue.add(
      at + person.going.exponential((365 * DAY) / this.scenario.people.lost),
      'lose',
      person.number,
    );
  }

  #group(number: number): Group {
    const group = this.#groups[number];
    assert(group !== undefined, 'a group that was recruited');
    return group;
  }

  async #begins(group: Group, at: number): Promise<void> {
    const { person, attack } = group;
    const { purse } = person;
    const grant = await visit(this.#backEnd, this.#money, purse, [], at);
    // What is copied or turned back should be worth it; who invents money needs none.
    const isFilled = attack.kind === 'clone' || attack.kind === 'rollback';
    if (grant !== undefined && isFilled) fund(this.#backEnd, purse, Number(this.#limits.person.holding));
    for (const member of group.members()) this.#backEnd.findings.forget(member.purse.id);
    group.begin(this.#money, at);
    group.elements.forEach((_, i) => {
      this.#queue.add(at + group.draw.exponential(DAY / attack.payments_per_day), 'strike', group.number, i);
      if (attack.sync === 'normal' || (attack.sync === 'one' && i === 0))
        this.#queue.add(at + group.draw.exponential(RAID_DAYS * DAY), 'raid', group.number, i);
    });
  }

  #strikes(group: Group, which: number, at: number): void {
    const { attack, draw, person } = group;
    this.#queue.add(at + draw.exponential(DAY / attack.payments_per_day), 'strike', group.number, which);
    const element = group.elements[which];
    assert(element !== undefined, 'an element of the group');
    const payee = this.#victim(group);
    const wanted = Math.min(
      amountFor(attack.amount, draw),
      Number(this.#limits.person.byClass[0].perPayment),
    );
    const amount = group.ready(this.#money, element, wanted, this.#society);
    if (amount <= 0 || payee === person) return;
    const madeBefore = group.made;
    const done = tap(this.#money, element, payee.purse, { amount, isTorn: false, isReceipted: true });
    if (done.status === 'refused') return;
    this.#after(done, person, payee, element, amount, at);
    this.#met(group, payee, at);
    if (done.status === 'paid') group.credited++;
    else group.cancelled++;
    if (group.marks.blocked !== undefined) group.madeAfterBlock += group.made - madeBefore;
  }

  #victim(group: Group): Person {
    const { attack, draw, mules, person } = group;
    const isMule = draw.chance(attack.to_mules);
    const mule = mules[draw.below(Math.max(1, mules.length))];
    return isMule && mule !== undefined ? mule : this.#society.payeeOf(person, draw);
  }

  #met(group: Group, payee: Person, at: number): void {
    if (payee.group === group.number) return;
    group.contacts.add(payee.number);
    const knows = payee.purse.state.blocked.some((b) => equal(b, group.person.purse.certificate.subjectRef));
    if (knows) group.warned.add(payee.number);
    this.#markWarned(group, at);
  }

  async #raids(group: Group, which: number, at: number): Promise<void> {
    this.#queue.add(at + group.draw.exponential(RAID_DAYS * DAY), 'raid', group.number, which);
    const element = group.elements[which];
    if (element === undefined || this.#networkFrom(group.person.region, at) > at) return;
    await visit(this.#backEnd, this.#money, element, [], at, false);
  }

  /** What the back-end has found out about the attacks. */
  #watch(at: number): void {
    const { findings } = this.#backEnd;
    for (const group of this.#groups) {
      if (group.begunAt === undefined || group.marks.all !== undefined) continue;
      for (const id of group.ids) {
        const standing = findings.of(id);
        if (standing === undefined) continue;
        if (standing.suspectedAt !== undefined) group.mark('suspected', at);
        if (standing.provenAt !== undefined) group.mark('proven', at);
        if (standing.blockedAt !== undefined) group.mark('blocked', at);
      }
    }
  }

  /** Adds up every purse, and holds the sum against what was counted beside them (I1). */
  #closeDay(day: number, at: number): void {
    let balances = 0;
    const purses = [...this.#society.people.map((p) => p.purse), ...this.#lost];
    const copies = this.#groups.flatMap((g) => g.elements.filter((e) => e !== g.person.purse));
    for (const { state } of [...purses, ...copies]) balances += Number(state.balance);
    const { issued, redeemed } = this.#backEnd.issuance;
    const { flight, made } = this.#money;
    assert(
      BigInt(balances + flight) === issued - redeemed + BigInt(made),
      () => `I1 on day ${day}: ${balances} + ${flight} is not ${issued} - ${redeemed} + ${made}`,
    );
    assert(this.#groups.length > 0 || made === 0, 'nobody makes money where nobody attacks');
    this.#days.push({
      day,
      payments: this.#paid.count,
      balances,
      in_flight: flight,
      made: this.#groups.reduce((sum, g) => sum + g.made, 0),
      blocked: this.#backEnd.findings.blocked.length,
      suspected_now: this.#suspectedNow(at),
    });
  }

  /** Honest purses whose shadow is below zero at this moment. */
  #suspectedNow(at: number): number {
    let count = 0;
    const broken = new Set(
      this.#groups.flatMap((g) => (g.begunAt === undefined || g.begunAt > at ? [] : [...g.ids])),
    );
    for (const [id, { shadowSince }] of this.#backEnd.findings.all()) {
      if (shadowSince !== undefined && !broken.has(id)) count++;
    }
    return count;
  }
}

const amountFor = (amount: { readonly median: number; readonly spread: number }, draw: Stream): number =>
  Math.max(10, Math.round(draw.logNormal(amount)));

const isNamed = (group: Group, named: ReadonlySet<string>): boolean => named.has(group.person.purse.id);
