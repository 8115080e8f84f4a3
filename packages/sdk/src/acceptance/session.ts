/**
 * Drives one sale: carries out what the machine (`machine.ts`) asks for, and writes down what must outlive the power.
 *
 * What must hold: what a screen is told has been written down before; a card is let go of whatever happens; a ticket that
 * the sale does not end with is withdrawn.
 */
import type { CardInField, ContactlessTerminal, StopSignal } from '@sokkin/terminal';
import { itemOf, paymentOf, writtenReceipt } from './emv-tap.ts';
import { type EventStream, eventStream } from './events.ts';
import { type Effect, type Input, newSale, type SaleState, step } from './machine.ts';
import type { Language } from './policy.ts';
import { tapPurse, withdrawTicket, withTicket } from './purse-tap.ts';
import { emvReceipt } from './receipt.ts';
import { isFailure, type Scene } from './scene.ts';
import type { AcceptanceEvent, SaleRecord, SaleResult } from './types.ts';

/** A sale or refund that is under way. */
export interface Session {
  readonly id: string;
  /** For one reader; it ends with the event `ended`. */
  readonly events: AsyncIterable<AcceptanceEvent>;
  readonly result: Promise<SaleResult>;
  /** What came of it has been told; what is left to tidy up goes on until `result`. */
  isOver(): boolean;
  /** Heard between taps: a card that is being read may still pay. */
  cancel(): void;
}

export function startSale(scene: Scene, terminal: ContactlessTerminal, record: SaleRecord): Session {
  const driver = new SaleDriver(scene, terminal, record);
  const result = driver.run();
  // Whoever reads events alone hears of it there.
  result.catch(() => undefined);
  return {
    id: record.id,
    events: driver.events,
    result,
    isOver: () => driver.isOver,
    cancel: () => driver.cancel(),
  };
}

class SaleDriver {
  readonly events: EventStream<AcceptanceEvent> = eventStream();
  readonly #scene: Scene;
  readonly #terminal: ContactlessTerminal;
  readonly #stop = stopper();
  isOver = false;
  #record: SaleRecord;
  #state: SaleState | undefined;
  #card: CardInField | undefined;

  constructor(scene: Scene, terminal: ContactlessTerminal, record: SaleRecord) {
    this.#scene = scene;
    this.#terminal = terminal;
    this.#record = record;
  }

  async run(): Promise<SaleResult> {
    try {
      const result = await this.#drive();
      this.isOver = true;
      this.events.push({ kind: 'ended', result, lights: lightsOf(result) });
      this.events.end();
      this.#record = await withdrawTicket(this.#scene, this.#record);
      return result;
    } catch (error) {
      this.isOver = true;
      this.events.end(error);
      throw error;
    } finally {
      await this.#letGo();
    }
  }

  cancel(): void {
    this.#stop.stop();
    const phase = this.#state?.phase;
    // Between taps the wait itself ends; during one, the machine keeps it in mind.
    if (phase !== undefined && phase !== 'waiting' && phase !== 'pin') this.#give({ kind: 'give_up' });
  }

  async #drive(): Promise<SaleResult> {
    this.#state = await this.#begin();
    let effect = this.#give(this.#stop.signal.aborted ? { kind: 'give_up' } : { kind: 'start' });
    for (;;) {
      if (effect.do === 'end') return this.#finish(effect.result);
      effect = this.#give(await this.#carryOut(effect));
    }
  }

  #give(input: Input): Effect {
    if (this.#state === undefined) throw new Error('Bug: a sale that has not begun is given an input');
    const { state, events, effect } = step(this.#state, input);
    this.#state = state;
    // The last one is told when the end is written down.
    for (const event of events) if (event.kind !== 'ended') this.events.push(event);
    return effect;
  }

  async #begin(): Promise<SaleState> {
    const scene = this.#scene;
    const { id, amount, ticketIsOut } = this.#record;
    const torn = await this.#tornBefore();
    const wantsPurse = scene.policy.order.includes('purse');
    if (wantsPurse) this.#record = await withTicket(scene, this.#record);
    const spoken: Language[] = this.#record.ticket === undefined ? [] : ['purse'];
    if (this.#terminal.begin(paymentOf(scene, this.#record)).status === 'ready') spoken.push('emv');
    const { policy, config, pin } = scene;
    return newSale({
      ...{ sale: id, amount, currency: config.currency, policy, spoken, torn },
      purseTorn: ticketIsOut,
      hasPinPad: pin !== undefined,
    });
  }

  /** In which language a card was spoken to when the power went. */
  async #tornBefore(): Promise<Language | undefined> {
    const log = await this.#scene.store.torn.load();
    if (log.some(({ id }) => id === this.#record.id)) return 'emv';
    return this.#record.ticketIsOut ? 'purse' : undefined;
  }

  async #carryOut(effect: Effect): Promise<Input> {
    switch (effect.do) {
      case 'wait':
        return this.#wait();
      case 'tap_purse': {
        // The own purse gave no other ticket: to this sale, the card is none that it can be paid by as a purse.
        if (this.#record.ticket === undefined) return { kind: 'purse', tap: { is: 'not_a_purse' } };
        const done = await tapPurse(this.#scene, this.#inField(), this.#record, effect);
        this.#record = done.record;
        if (done.tap.is === 'returned') this.#record = await withTicket(this.#scene, this.#record);
        return { kind: 'purse', tap: done.tap };
      }
      case 'tap_emv':
        return this.#tapEmv();
      case 'ask_pin':
        return this.#askPin(effect);
      case 'ask_issuer':
        return this.#askIssuer(effect);
      case 'end':
      case 'nothing':
        throw new Error(`Bug: nothing is to be carried out (${effect.do})`);
    }
  }

  async #wait(): Promise<Input> {
    await this.#letGo();
    try {
      this.#card = await this.#scene.reader.next(this.#stop.signal);
      return { kind: 'card' };
    } catch (error) {
      if (this.#stop.signal.aborted) return { kind: 'give_up' };
      if (isFailure(error)) return { kind: 'reader_failed', detail: error.message };
      throw error;
    }
  }

  async #tapEmv(): Promise<Input> {
    const begun = this.#terminal.begin(paymentOf(this.#scene, this.#record));
    if (begun.status === 'ended') return { kind: 'emv', outcome: begun.outcome, receipt: undefined };
    try {
      const outcome = await begun.payment.tap(this.#inField());
      if (outcome.outcome !== 'approved') return { kind: 'emv', outcome, receipt: undefined };
      const receipt = await writtenReceipt(this.#scene, this.#record.id);
      this.#record = (await this.#scene.store.sale(this.#record.id)) ?? this.#record;
      return { kind: 'emv', outcome, receipt };
    } catch (error) {
      if (isFailure(error)) return { kind: 'reader_failed', detail: error.message };
      throw error;
    }
  }

  async #askPin({ for: whose, triesLeft }: Extract<Effect, { do: 'ask_pin' }>): Promise<Input> {
    const { amount } = this.#record;
    const wish = { for: whose, amount, ...(triesLeft !== undefined && { triesLeft }) };
    const given = await Promise.race([this.#scene.pin?.(wish), this.#stop.stopped]);
    return { kind: 'pin', given: given === 'stopped' ? undefined : given };
  }

  async #askIssuer({ record: data, pin }: Extract<Effect, { do: 'ask_issuer' }>): Promise<Input> {
    await this.#letGo();
    const scene = this.#scene;
    this.#record = await scene.keep({ ...this.#record, state: 'asking', asked: data });
    const { id: sale, amount } = this.#record;
    const pinBlock = pin !== undefined && 'block' in pin ? { pinBlock: pin.block } : {};
    const answer = await scene.online
      .authorise({ sale, amount, record: data, ...pinBlock })
      .catch(() => 'none' as const);
    if (answer === 'none' || answer.status === 'declined')
      return { kind: 'issuer', answer, receipt: undefined };
    const { approval } = answer;
    const made = { way: 'emv_online', at: scene.clock(), signature: false, approval } as const;
    return { kind: 'issuer', answer, receipt: emvReceipt(scene.config, this.#record, data, made) };
  }

  /** Writes the end down. What a purse or a card has approved offline was written when it did. */
  async #finish(result: SaleResult): Promise<SaleResult> {
    this.#record = await ended(this.#scene, this.#record, result);
    return result;
  }

  #inField(): CardInField {
    if (this.#card === undefined) throw new Error('Bug: a card is spoken to that is not there');
    return this.#card;
  }

  async #letGo(): Promise<void> {
    const card = this.#card;
    this.#card = undefined;
    await card?.close();
  }
}

async function ended(scene: Scene, record: SaleRecord, result: SaleResult): Promise<SaleRecord> {
  const { asked, ...bare } = record;
  switch (result.status) {
    case 'kept':
      return record;
    case 'approved':
      if (record.state === 'approved') return record;
      return scene.keep({ ...bare, state: 'approved', way: result.way, receipt: result.receipt });
    case 'cancelled':
      return scene.keep({ ...bare, state: 'cancelled' });
    case 'declined': {
      const declined: SaleRecord = { ...bare, state: 'declined', reason: result.reason };
      const isUnanswered = result.reason === 'issuer_unreachable' && asked !== undefined;
      const queue = isUnanswered ? [{ ...itemOf('reversal', record, scene.clock()), record: asked }] : [];
      await scene.store.write({ sales: [declined], queue });
      return declined;
    }
  }
}

/** The result of a sale that had ended before; undefined: it has not. */
export function resultOf({
  id,
  state,
  way,
  receipt,
  reason,
  ticketIsOut,
}: SaleRecord): SaleResult | undefined {
  switch (state) {
    case 'approved':
      if (way === undefined || receipt === undefined) throw new Error('Bug: an approval without a receipt');
      return { status: 'approved', sale: id, way, paid: 'before', receipt };
    case 'declined':
      return {
        ...{ status: 'declined', sale: id, mayComeBack: ticketIsOut },
        reason: reason ?? 'card_refuses',
        detail: 'It had ended before.',
      };
    case 'cancelled':
      return { status: 'cancelled', sale: id, mayComeBack: ticketIsOut };
    case 'open':
    case 'asking':
    case 'paid':
      return undefined;
  }
}

export const lightsOf = ({ status }: SaleResult): AcceptanceEvent['lights'] =>
  status === 'declined' ? 'processingError' : status === 'cancelled' ? 'idle' : 'cardReadSuccessfully';

interface Stopper {
  readonly signal: StopSignal;
  readonly stopped: Promise<'stopped'>;
  stop(): void;
}

/** An AbortController, for runtimes that have none. */
export function stopper(): Stopper {
  const listeners = new Set<() => void>();
  let aborted = false;
  let tell: (value: 'stopped') => void = () => undefined;
  const stopped = new Promise<'stopped'>((resolve) => {
    tell = resolve;
  });
  return {
    stopped,
    signal: {
      get aborted() {
        return aborted;
      },
      addEventListener: (_, listener) => void listeners.add(listener),
      removeEventListener: (_, listener) => void listeners.delete(listener),
    },
    stop() {
      aborted = true;
      tell('stopped');
      for (const listener of [...listeners]) listener();
    },
  };
}
