/**
 * All that screens see of a shop (`View`), and all that they can ask of it (`Shop`).
 *
 * What must hold: a view is never changed, a new one takes its place; amounts are minor units; what a person may not do is refused by
 * the shop, whatever the screens show.
 */
import type { DayTotals, DeclineReason, Hint, PinFor, ReceiptData, Way } from '@sokkin/sdk/acceptance';
import type { BridgeReaderInfo, UiStatus } from '@sokkin/terminal';
import type { Basket, Priced, Product } from './basket.ts';
import type { Act, Role } from './roles.ts';

export type Stage =
  /** Nothing is known yet. */
  | 'opening'
  /** This browser has no shop. */
  | 'new'
  /** Nobody is signed in. */
  | 'locked'
  | 'ready'
  /** Another tab has the till. */
  | 'elsewhere'
  /** It cannot be opened; `fault` says why. */
  | 'broken';

export interface View {
  readonly stage: Stage;
  readonly fault: string | undefined;
  readonly shop: ShopShown | undefined;
  /** In the order in which they were taken on. */
  readonly staff: readonly StaffShown[];
  /** Who is signed in. */
  readonly by: StaffShown | undefined;
  readonly configuration: ConfigurationShown | undefined;
  readonly network: 'online' | 'offline';
  readonly reader: ReaderShown;
  /** The sale or refund that is on the tap sheet; it stays, with its result, until `dismiss`. */
  readonly sale: SaleShown | undefined;
  /** What is being rung up; survives a reload. */
  readonly basket: Basket;
  readonly priced: Priced;
  readonly catalogue: readonly Product[];
  /** Of today, the newest first; older ones by `history`. */
  readonly today: readonly Entry[];
  readonly queue: QueueShown;
  readonly day: DayShown;
  readonly purse: PurseShown | undefined;
  readonly settings: Settings;
  /** A new version of the app waits: `update` starts it. */
  readonly hasUpdate: boolean;
  /** Whether the browser has promised to keep what is stored; undefined: not asked yet. */
  readonly isKept: boolean | undefined;
}

export interface ShopShown {
  readonly name: string;
  /** DE 42 and DE 41. */
  readonly acceptor: string;
  readonly terminal: string;
  /** ISO 18245. */
  readonly category: string;
  /** Where its money is at the bank. */
  readonly account: string;
}

export interface StaffShown {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** Milliseconds since 1970: no PIN is looked at before; undefined: now. */
  readonly waitsUntil: number | undefined;
}

export interface ConfigurationShown {
  readonly version: string;
  /** ISO 4217: three digits, and minor digits (0 for JPY). */
  readonly currency: string;
  readonly exponent: number;
  /** Milliseconds since 1970, when the back-end last said that it is the newest. */
  readonly checkedAt: number;
  /** Percentages offered as tips; empty: none. */
  readonly tips: readonly number[];
}

export interface ReaderShown {
  readonly kind: 'field' | 'bridge';
  /** Of the bridge. */
  readonly name: string | undefined;
  readonly state: 'ready' | 'missing';
}

/** One sale or refund under way, or just over. */
export interface SaleShown {
  readonly id: string;
  readonly kind: 'sale' | 'refund';
  readonly amount: bigint;
  readonly currency: string;
  readonly exponent: number;
  readonly lines: Basket['lines'];
  readonly priced: Priced;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly phase: /** Arming: the ticket is being made. */
    | 'starting'
    | 'waiting'
    | 'reading'
    /** The card can be taken away, and the end is not known yet. */
    | 'asking'
    | 'pin'
    | 'over';
  /** While `waiting`. */
  readonly hint: Hint;
  /** While `pin`. */
  readonly pin: { readonly for: PinFor; readonly triesLeft: number | undefined } | undefined;
  /** What lights and tones follow (EMV Book A, 9). */
  readonly status: UiStatus;
  /** Once `over`. */
  readonly result: ResultShown | undefined;
  /** It was asked to stop; a card that is being read may still pay. */
  readonly isStopping: boolean;
}

export type ResultShown =
  | {
      readonly status: 'approved';
      readonly way: Way;
      /** `before`: an earlier tap, whose answer was lost, has paid. */
      readonly paid: 'now' | 'before';
      readonly receipt: ReceiptData;
      /** It was approved without asking anybody; what follows from it waits in the queue. */
      readonly isOffline: boolean;
    }
  | {
      readonly status: 'declined';
      readonly reason: DeclineReason;
      readonly detail: string;
      readonly mayComeBack: boolean;
    }
  | { readonly status: 'cancelled'; readonly mayComeBack: boolean }
  /** The payer has paid, and the shop's own purse did not answer: it is gone on with by itself. */
  | { readonly status: 'kept'; readonly receipt: ReceiptData }
  /** A fault of this app: nothing is known of what became of it until the next start. */
  | { readonly status: 'failed'; readonly fault: string }
  /** This device could not have kept it: the reader was not armed, and nobody was asked to pay. */
  | { readonly status: 'no_room' };

export type EntryState = 'open' | 'asking' | 'paid' | 'approved' | 'declined' | 'cancelled';

/** One sale or refund in the history. */
export interface Entry {
  readonly id: string;
  readonly kind: 'sale' | 'refund';
  readonly amount: bigint;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly state: EntryState;
  readonly way: Way | undefined;
  readonly reason: DeclineReason | undefined;
  /** Of a sale: what went back. */
  readonly refunded: bigint;
  /** Of a refund: its sale. */
  readonly of: string | undefined;
  /** Something of it has not reached the back-end yet. */
  readonly isQueued: boolean;
  /** The back-end refused something of it for good: somebody has to look at it. */
  readonly needsCare: boolean;
  /** Who rang it up. */
  readonly staff: string | undefined;
}

export interface EntryDetail extends Entry {
  readonly lines: Basket['lines'];
  readonly priced: Priced | undefined;
  readonly receipt: ReceiptData | undefined;
  /** The oldest first. */
  readonly timeline: readonly Moment[];
  /** What can still be refunded; 0: nothing. */
  readonly refundable: bigint;
  /** A refund that was cut off, of this sale or this one itself: `refund` of the sale goes on with it, whatever the amount. */
  readonly torn: { readonly sale: string; readonly amount: bigint } | undefined;
}

/** `sent`: the back-end has it. `refused`: the back-end will never take it; somebody has to look at it. */
export type MomentKind =
  | 'begun'
  | 'card_seen'
  | 'tap_again'
  | 'asked'
  | 'approved'
  | 'declined'
  | 'cancelled'
  | 'kept'
  | 'resumed'
  | 'refunded'
  | 'sent'
  | 'refused';

export interface Moment {
  readonly at: number;
  readonly kind: MomentKind;
}

export interface QueueShown {
  readonly count: number;
  readonly value: bigint;
  /** Milliseconds since 1970, of the oldest. */
  readonly since: number | undefined;
  readonly isSending: boolean;
}

export interface DayShown extends DayTotals {
  /** Milliseconds since 1970: the last close, or the first sale after it. */
  readonly from: number;
  /** Net, by hour of the local day; 24 of them, of today. */
  readonly hours: readonly bigint[];
}

/** One day that was closed. */
export interface ClosedDay {
  readonly id: string;
  readonly from: number;
  readonly until: number;
  readonly totals: DayTotals;
  readonly by: string;
  /** What the acquirer said of the totals of cards (DE 39); undefined: it has not answered yet. */
  readonly acquirer:
    | { readonly code: string; readonly meaning: string; readonly isBalanced: boolean }
    | undefined;
}

export interface PurseShown {
  readonly balance: bigint;
  /** The most that it may hold. */
  readonly most: bigint;
  readonly syncedAt: number | undefined;
}

export interface Settings {
  readonly hasSounds: boolean;
  readonly hasVibration: boolean;
  /** Asks for a tip before the tap. */
  readonly asksTip: boolean;
  /** Who may take cards without asking their issuer while there is no network; purses are final either way. */
  readonly offlineBy: Role;
  /** Minutes without a touch until nobody is signed in; 0: never. */
  readonly lockAfterMinutes: number;
}

/** All of what is given must be so. */
export interface HistoryFilter {
  readonly from?: number;
  /** Excluded. */
  readonly until?: number;
  readonly kind?: 'sale' | 'refund';
  readonly way?: Way;
  readonly state?: 'approved' | 'declined' | 'cancelled' | 'unfinished' | 'queued';
  readonly staff?: string;
  /** In the id, the amount, or where it came from. */
  readonly text?: string;
}

export interface HistoryPage {
  readonly entries: readonly Entry[];
  /** For the next, older page; undefined: that was all. */
  readonly next: number | undefined;
}

/** Why not. `code` is a literal of `NoCode`, or of the back-end; `message` one English sentence for who has no words for the code. */
export interface No {
  readonly status: 'no';
  readonly code: string;
  readonly message: string;
}
export type NoCode =
  | 'not_allowed'
  | 'wrong_pin'
  | 'wait'
  | 'bad_pin'
  | 'bad_name'
  | 'bad_amount'
  | 'last_manager'
  | 'unknown'
  | 'sale_running'
  | 'not_refundable'
  | 'queue_waits'
  | 'backend_unreachable'
  | 'backend_refused'
  /** Of an enrolment: nobody gave it out, another device has used it, or it is too old. */
  | 'unknown_code'
  /** The back-end opens no shops for whoever asks: it is live. */
  | 'no_sandbox'
  | 'not_paired'
  | 'reader_failed'
  | 'nothing_to_sweep'
  | 'purse_refused'
  | 'storage_full';

export type Done<T = void> = { readonly status: 'ok'; readonly value: T } | No;

export interface Shop {
  now(): View;
  /** Called after each change. Ends with the function that comes back. */
  subscribe(listener: () => void): () => void;

  /** A shop of the sandbox, with its account, terminal and purse, and its first manager. Torn anywhere, the same call goes on where it stopped. */
  open(wish: { readonly name: string; readonly category: string; readonly manager: NewStaff }): Promise<Done>;
  /** A terminal of a merchant whose acquirer has given out this code. */
  enrol(wish: { readonly code: string; readonly manager: NewStaff }): Promise<Done>;

  signIn(staff: string, pin: string): Promise<Done>;
  signOut(): void;
  may(act: Act): boolean;
  addStaff(staff: NewStaff & { readonly role: Role }): Promise<Done>;
  changeStaff(
    id: string,
    change: { readonly name?: string; readonly role?: Role; readonly pin?: string },
  ): Promise<Done>;
  removeStaff(id: string): Promise<Done>;

  /** What is rung up. Parts that are refused (`bad_amount`) change nothing. */
  setBasket(basket: Basket): Done;
  addProduct(product: string): Done;
  /** Replaces the one of that id, or adds it. */
  keepProduct(product: Product): Promise<Done>;
  removeProduct(id: string): Promise<Done>;

  /** Rings up the basket: the reader is armed at once. */
  charge(): Done;
  /** Heard between taps. */
  cancel(): void;
  /** undefined: given up. */
  givePin(pin: string | undefined): void;
  /** Takes the result off the screen; an approved sale empties the basket. */
  dismiss(): void;
  /** Left out: all that is left. Of a card, without it; of a purse, in a tap on the sheet. One that was cut off is finished first. */
  refund(sale: string, amount?: bigint): Promise<Done>;

  history(filter: HistoryFilter, before?: number): Promise<HistoryPage>;
  detail(id: string): Promise<EntryDetail | undefined>;
  /** Records as CSV. */
  csv(filter: HistoryFilter): Promise<string>;

  flush(): Promise<Done<{ readonly sent: number; readonly refused: number }>>;
  /** Closes the day: totals are kept, and the acquirer's are compared with them. */
  closeDay(): Promise<Done<ClosedDay>>;
  /** The newest first. */
  closedDays(): Promise<readonly ClosedDay[]>;
  /** Everything that the shop's purse has goes to its account. */
  sweep(): Promise<Done<bigint>>;

  useField(): Promise<Done>;
  /** The code that `sokkin bridge` shows. */
  pair(code: string): Promise<Done<readonly BridgeReaderInfo[]>>;
  useBridge(reader: string): Promise<Done>;
  change(settings: Partial<Settings>): Promise<Done>;
  /** Asks the back-end whether there is a newer configuration. */
  refreshConfiguration(): Promise<Done>;
  /** Fails with `sale_running`; otherwise the page loads anew. */
  update(): Done;
}

export interface NewStaff {
  readonly name: string;
  /** 4 to 8 digits. */
  readonly pin: string;
}
