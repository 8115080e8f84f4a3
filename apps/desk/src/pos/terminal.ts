/**
 * An ordinary shop's terminal, which knows nothing of Sokkin: contactless EMV towards the card, ISO 8583 towards its acquirer. The kernel and
 * the till are those of packages/terminal, as `sokkin pos` has them.
 *
 * What must hold: an approval that the card gave offline is in the till before the kernel forgets it; before a question leaves, it is written
 * down; a sale that is broken off has asked the card for nothing.
 */
import { type Bytes, epochOfIso, type IsoProfile, parseIsoProfile, SokkinError } from '@sokkin/codec';
import { rsaPublicOperation } from '@sokkin/crypto';
import { createClient } from '@sokkin/sdk';
import {
  type ContactlessOutcome,
  contactlessTerminal,
  isCardLost,
  parseTerminalConfig,
  type Recorded,
  type TerminalConfig,
  Till,
  type TillEntry,
  type TillSale,
  type UiRequest,
} from '@sokkin/terminal';
import { placed, waitForCard } from '@sokkin/web';
import { FIELD } from '../field/field.ts';
import { isNetworkOn } from '../set.ts';
import type { IsoHeard } from '../trace/iso.ts';
import { type Line, lineOf } from './line.ts';
import { PosMemory } from './memory.ts';

/** What became of a sale. */
export type Sold =
  | { readonly status: 'booked'; readonly entry: TillEntry }
  /** No payment: the card could not, or would not. */
  | { readonly status: 'no_payment'; readonly because: string };

export interface SaleWish {
  readonly amount: bigint;
  readonly signal: AbortSignal;
  /** What the payer shall see. */
  readonly onUi: (request: UiRequest) => void;
  /** The card is read, and the acquirer is asked. */
  readonly onAsking: () => void;
}

export interface PosParts {
  readonly place: string;
  readonly shop: string;
  readonly onIso: (heard: IsoHeard) => void;
}

interface Configured {
  readonly config: TerminalConfig;
  readonly profile: IsoProfile;
}

export class PosTerminal {
  readonly #place: string;
  readonly #memory: PosMemory;
  readonly #configured: Configured;
  readonly #till: Till;

  private constructor(place: string, memory: PosMemory, configured: Configured, till: Till) {
    this.#place = place;
    this.#memory = memory;
    this.#configured = configured;
    this.#till = till;
  }

  /** Of a shop of the sandbox, which is opened where there is none yet. */
  static async open({ place, shop, onIso }: PosParts): Promise<PosTerminal> {
    const memory = await PosMemory.open(place);
    try {
      return await PosTerminal.#over(memory, { place, shop, onIso });
    } catch (error) {
      memory.close();
      throw error;
    }
  }

  static async #over(memory: PosMemory, { place, shop, onIso }: PosParts): Promise<PosTerminal> {
    const identity = await enrolled(memory, shop);
    let configured: Configured | undefined;
    const profileNow = () => {
      if (configured === undefined) throw new Error('Bug: nothing is asked before it is configured');
      return configured.profile;
    };
    const line = lineOf(identity, profileNow, onIso);
    configured = await configuration(memory, line);
    const { config, profile } = configured;
    const till = new Till(
      { profile, shop: shopOf(config) },
      { ask: line.ask, save: (state) => memory.put('till', state), now: stamp },
      await memory.till(),
    );
    return new PosTerminal(place, memory, configured, till);
  }

  /** Waits for a card until something came of it; rejects with `no_card` when `signal` stops it. */
  async sell({ amount, signal, onUi, onAsking }: SaleWish): Promise<Sold> {
    const memory = this.#memory;
    const terminal = contactlessTerminal(this.#configured.config, {
      rsa: { publicOperation: rsaPublicOperation },
      randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
      clock,
      torn: {
        load: async () => (await memory.get('torn')) ?? [],
        save: (log) => memory.put('torn', log),
      },
      record: (found) => this.#keepOffline(found, amount),
      onUi,
    });
    const hasNetwork = isNetworkOn();
    const begun = terminal.begin({ id: crypto.randomUUID(), amount, forceOnline: hasNetwork, hasNetwork });
    if (begun.status === 'ended') return this.#booked(begun.outcome, amount, onAsking);
    const field = placed(new BroadcastChannel(FIELD), this.#place);
    for (;;) {
      const card = await waitForCard(field, signal);
      try {
        const outcome = await begun.payment.tap(card);
        if (outcome.outcome !== 'tryAgain') return await this.#booked(outcome, amount, onAsking);
      } catch (error) {
        if (!isCardLost(error)) throw error;
      } finally {
        await card.close?.();
      }
    }
  }

  /** Sends what waits for the line. How many still wait. */
  upload(): Promise<number> {
    return this.#till.upload();
  }

  close(): void {
    this.#memory.close();
  }

  async #booked(outcome: ContactlessOutcome, amount: bigint, onAsking: () => void): Promise<Sold> {
    const sale = saleOf(outcome, amount);
    if (sale === undefined) return { status: 'no_payment', because: outcome.discretionary.because };
    if (outcome.outcome === 'approved') {
      const entry = await this.#till.offline(sale);
      return { status: 'booked', entry };
    }
    onAsking();
    return { status: 'booked', entry: await this.#till.sell('pay', sale) };
  }

  async #keepOffline(found: Recorded, amount: bigint): Promise<void> {
    if (found.kind === 'outcome') {
      const sale = found.outcome.outcome === 'approved' ? saleOf(found.outcome, amount) : undefined;
      if (sale !== undefined) await this.#till.offline(sale);
    } else if (found.recovered.approved) {
      const { dataRecord: data } = found.recovered;
      await this.#till.offline({
        card: { entry: 'contactlessChip', data },
        amount: digitsOf(data.get(AMOUNT)),
        holder: 'none',
      });
    }
  }
}

const AMOUNT = 0x9f02;
const digitsOf = (bytes: Bytes | undefined): bigint =>
  BigInt([...(bytes ?? [0])].map((b) => b.toString(16).padStart(2, '0')).join(''));

/** undefined: nothing that an acquirer could be asked, or told. */
function saleOf(
  { outcome, dataRecord: data, cvm }: ContactlessOutcome,
  amount: bigint,
): TillSale | undefined {
  const isPayment = outcome === 'approved' || outcome === 'onlineRequest';
  // This terminal has no PIN pad.
  if (!isPayment || data === undefined || cvm === 'onlinePin') return undefined;
  const holder = cvm === 'signature' ? 'signature' : cvm === 'onDevice' ? 'device' : 'none';
  return { card: { entry: 'contactlessChip', data }, amount, holder };
}

async function enrolled(memory: PosMemory, shop: string) {
  const before = await memory.get('identity');
  if (before !== undefined) return before;
  const { key, jwk } = await memory.key();
  const open = createClient({ url: location.origin });
  const { device } = await open.post('/v1/sandbox/shops', { body: { name: shop, jwk } });
  const identity = { device, jwk, key };
  await memory.put('identity', identity);
  return identity;
}

const CONFIGURATION = '/v1/terminals/configuration';

/** As the acquirer says it now; without a network, as it said it last. */
async function configuration(memory: PosMemory, line: Line): Promise<Configured> {
  const kept = await memory.get('configuration');
  const fresh = await line.read(CONFIGURATION, kept?.tag).catch((error: unknown) => {
    if (kept === undefined) throw error;
    return undefined;
  });
  if (fresh !== undefined) await memory.put('configuration', fresh);
  const { document } = fresh ?? kept ?? {};
  const told: Readonly<Record<string, unknown>> = Object(document);
  if (told.emv === undefined || told.profile === undefined)
    throw new SokkinError('bad_configuration', 'The acquirer gave no configuration for a terminal.');
  return { config: parseTerminalConfig(told.emv), profile: parseIsoProfile(told.profile) };
}

const shopOf = ({ terminalId, merchantId, merchantCategory, currency }: TerminalConfig) => ({
  terminal: terminalId.trim(),
  merchant: merchantId.trim(),
  category: merchantCategory,
  currency,
});

const two = (n: number): string => n.toString().padStart(2, '0');

/** The terminal's own clock, local time. */
function clock() {
  const now = new Date();
  const [year, month, day] = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())];
  return {
    date: `${two(year % 100)}${month}${day}`,
    time: `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`,
    today: epochOfIso(`${year}-${month}-${day}`),
    seconds: now.getTime() / 1000,
  };
}

/** For DE 7 and 12. */
function stamp() {
  const { date, time } = clock();
  const utc = new Date().toISOString().replaceAll(/[-:T]/g, '');
  return { local: `${date}${time}`, transmitted: utc.slice(4, 14) };
}
