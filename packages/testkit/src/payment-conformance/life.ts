/**
 * One payment card through the whole suite: on its reader, with its bank, its purse's issuer, and a strict terminal.
 *
 * What must hold: every new cryptogram has a counter above all before (Book 3, 9.2), whichever test it belongs to.
 */
import { type Bytes, hex } from '@sokkin/codec';
import type { Certificate } from '@sokkin/crypto';
import { type ApduTransport, type DomainSession, openApprovals } from '@sokkin/terminal';
import { expect } from 'vitest';
import type { Stage } from '../card-conformance/script.ts';
import { must, type Tapping, tapping } from '../card-conformance/tapping.ts';
import { payWithEmv } from '../emv-terminal/transaction.ts';
import type { EmvOutcome, EmvPurchase, TerminalSetup } from '../emv-terminal/types.ts';
import { makeWorld, type World } from '../parties.ts';
import { type Bank, openBank } from '../payment-card/bank.ts';
import { channelTo } from '../payment-card/birth.ts';
import type { PaymentCardConformanceOptions, PaymentCardUnderTest } from './types.ts';

/** What came of a payment, of which one thing is known: how it ended. */
export type Ended<E extends EmvOutcome['ended']> = EmvOutcome & { readonly ended: E };

export interface Payment extends EmvPurchase {
  readonly setup?: Partial<TerminalSetup>;
  /** Who stands between the terminal and the card. */
  readonly between?: (card: ApduTransport) => ApduTransport;
}

export class PaymentLife {
  readonly options: PaymentCardConformanceOptions;
  readonly stage: Stage = { tap: () => this.taps.tap() };
  readonly #make: () => Promise<PaymentCardUnderTest>;
  #started: Started | undefined;
  #certificate: Certificate | undefined;
  #lastAtc = 0;

  constructor(make: () => Promise<PaymentCardUnderTest>, options: PaymentCardConformanceOptions) {
    this.#make = make;
    this.options = options;
  }

  async begin(): Promise<void> {
    const { crypto, profile, ...ports } = this.options;
    const rig = await this.#make();
    const [world, bank] = [await makeWorld(crypto), await openBank(ports, profile)];
    this.#started = { rig, taps: tapping(rig), world, bank };
  }

  async end(): Promise<void> {
    await this.#started?.taps.end();
  }

  get taps(): Tapping {
    return this.#begun.taps;
  }
  get bank(): Bank {
    return this.#begun.bank;
  }
  get world(): World {
    return this.#begun.world;
  }
  get rig(): PaymentCardUnderTest {
    return this.#begun.rig;
  }
  get #begun(): Started {
    if (this.#started === undefined) throw new Error('The suite has not begun');
    return this.#started;
  }

  get certificate(): Certificate {
    if (this.#certificate === undefined) throw new Error('The purse has no certificate yet');
    return this.#certificate;
  }
  set certificate(certified: Certificate) {
    this.#certificate = certified;
  }

  /** A tap with an open channel to the security domain. */
  async channel(): Promise<DomainSession> {
    return channelTo(await this.taps.tap(), this.options.symmetric, this.rig.domain);
  }

  async balance(): Promise<bigint> {
    return (await this.taps.stands()).balance;
  }

  /** A payment in a tap of its own, or on `card`. */
  async pay({ setup, between, ...purchase }: Payment, card?: ApduTransport): Promise<EmvOutcome> {
    const transport = card ?? (await this.taps.tap());
    const terminal = this.bank.terminal(setup);
    const outcome = await payWithEmv(between?.(transport) ?? transport, terminal, purchase);
    // What somebody stood between for may not be what the card said.
    if (between === undefined && 'first' in outcome && !outcome.recovered) this.#rises(outcome.first.atc);
    return outcome;
  }

  /** The same, and how it must end. */
  async paid<E extends EmvOutcome['ended']>(payment: Payment, ended: E): Promise<Ended<E>> {
    const outcome = await this.pay(payment);
    expect(outcome.ended, told(outcome)).toBe(ended);
    return outcome as Ended<E>;
  }

  /** An online approval: counters of the card begin anew, and what it held against the bank is over. */
  async meetBank(): Promise<void> {
    const { online } = this.bank.line();
    await this.paid({ amount: 1n, request: 'arqc', online }, 'approved');
  }

  /** The journal's open approval of this counter; undefined: the purse has none. */
  async approval(atc: Bytes) {
    const wanted = Number.parseInt(hex(atc), 16);
    return must(await openApprovals(await this.taps.purse())).find((a) => a.atc === wanted);
  }

  #rises(atc: Bytes): void {
    const counter = Number.parseInt(hex(atc), 16);
    expect(counter, 'the application transaction counter').toBeGreaterThan(this.#lastAtc);
    this.#lastAtc = counter;
  }
}

interface Started {
  readonly rig: PaymentCardUnderTest;
  readonly taps: Tapping;
  readonly world: World;
  readonly bank: Bank;
}

const told = (outcome: EmvOutcome): string =>
  JSON.stringify(outcome, (key, value) =>
    key === 'elements' || key === 'message' ? '' : value instanceof Set ? [...value] : value,
  );
