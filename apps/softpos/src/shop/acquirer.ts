/**
 * The acceptance SDK's way to the issuer (`OnlinePort`), over the till of this terminal and its line to the acquirer.
 *
 * What must hold: one question at a time; what was asked under a name is never asked again under it, so whatever the SDK repeats after a cut
 * moves money once; an approval counts only when it is of the whole amount; no answer is said as none.
 */

import { type IsoMessage, type IsoProfile, SokkinError } from '@sokkin/codec';
import type { OnlinePort, QueueItem } from '@sokkin/sdk/acceptance';
import { type DataRecord, type DayClosed, Till, type TillEntry } from '@sokkin/terminal';
import type { ShopDatabase } from '../keep/database.ts';
import type { Registered } from '../keep/rows.ts';
import { openTillStore, type TillStore } from '../keep/till.ts';

export interface Acquirer {
  readonly online: OnlinePort;
  /** undefined: it does not answer. */
  close(): Promise<DayClosed | undefined>;
}

export interface AcquirerParts {
  readonly database: ShopDatabase;
  readonly registered: Registered;
  readonly profile: IsoProfile;
  readonly currency: string;
  /** undefined: no answer. */
  readonly ask: (message: IsoMessage) => Promise<IsoMessage | undefined>;
  readonly isReachable: () => boolean;
  readonly clock: () => number;
}

const AMOUNT = 0x9f02;
const PARTLY = '10';

export async function openAcquirer(parts: AcquirerParts): Promise<Acquirer> {
  const { database, registered, profile, currency, ask, clock } = parts;
  const store = await openTillStore(database, profile);
  const { terminal, acceptor: merchant, category } = registered;
  const till = new Till(
    { profile, shop: { terminal, merchant, category, currency } },
    { ask, save: (state) => store.save(state), now: () => stampTime(clock()) },
    store.state,
  );
  let turn: Promise<unknown> = Promise.resolve();
  const alone = <T>(run: () => Promise<T>): Promise<T> => {
    const mine = turn.then(run);
    turn = mine.catch(() => undefined);
    return mine;
  };
  const desk = { till, store };
  return {
    online: {
      isReachable: parts.isReachable,
      authorise: ({ sale, amount, record }) =>
        alone(async () => {
          const card = { entry: 'contactlessChip', data: record } as const;
          const entry = await till.sell('pay', { card, amount, holder: 'none', name: asked(sale) });
          return answerOf(desk, entry, amount);
        }),
      send: (item) => alone(() => sendItem(desk, item)),
    },
    close: () => alone(() => till.close()),
  };
}

interface Desk {
  readonly till: Till;
  readonly store: TillStore;
}

const asked = (sale: string): string => `asked:${sale}`;
const noAnswer = (): SokkinError => new SokkinError('line_down', 'The acquirer did not answer.');

async function answerOf({ till }: Desk, entry: TillEntry, amount: bigint) {
  const { standing, stands, approvalCode = '', code = '' } = entry;
  if (standing === 'declined') return { status: 'declined', code } as const;
  if (standing !== 'approved') throw noAnswer();
  if (stands === amount) return { status: 'approved', approval: approvalCode } as const;
  // A part of it: the payer was told the whole amount.
  await till.cancel(entry.reference);
  return { status: 'declined', code: PARTLY } as const;
}

type Sent = 'taken' | 'refused';

function sendItem(desk: Desk, item: QueueItem): Promise<Sent> {
  switch (item.kind) {
    case 'tc':
      return bring(desk, item.id, item.amount, item.record);
    case 'unwanted':
      return giveBack(desk, item);
    case 'reversal':
      return takeBack(desk, item.sale);
    case 'refund':
      return refund(desk, item);
    case 'journal':
      throw new Error('Bug: journals go up with a sync');
  }
}

/** An offline approval: an advice with its TC. */
async function bring(desk: Desk, name: string, amount: bigint, record: DataRecord): Promise<Sent> {
  const { till, store } = desk;
  const card = { entry: 'contactlessChip', data: record } as const;
  const entry = (await store.named(name)) ?? (await till.offline({ card, amount, holder: 'none', name }));
  return fate(desk, entry, name);
}

/** What the card took for a sale that ended otherwise: it is cleared, and given back. */
async function giveBack(desk: Desk, item: QueueItem & { readonly record: DataRecord }): Promise<Sent> {
  const amount = item.amount === 0n ? amountOf(item.record) : item.amount;
  const brought = await bring(desk, item.id, amount, item.record);
  if (brought === 'refused') return brought;
  return refundOf(desk, `back:${item.id}`, item.id, amount);
}

async function refund(desk: Desk, item: QueueItem & { readonly of: string }): Promise<Sent> {
  const paid = (await desk.store.named(asked(item.of))) === undefined ? `tc:${item.of}` : asked(item.of);
  return refundOf(desk, item.id, paid, item.amount);
}

async function refundOf(desk: Desk, name: string, of: string, amount: bigint): Promise<Sent> {
  const { till, store } = desk;
  const before = await store.named(name);
  if (before !== undefined) return fate(desk, before, name);
  const paid = await store.named(of);
  // The back-end did not take the payment itself: there is nothing that could go back.
  if (paid?.standing !== 'approved' && paid?.standing !== 'sent') return 'refused';
  return fate(desk, await till.refundOf(paid, amount, name), name);
}

/** What was asked of the issuer, and never answered. */
async function takeBack(desk: Desk, sale: string): Promise<Sent> {
  const { till, store } = desk;
  const entry = await store.named(asked(sale));
  // Nothing had left.
  if (entry === undefined) return 'taken';
  if (entry.standing === 'approved') await till.cancel(entry.reference);
  else await till.settle();
  const now = await store.named(asked(sale));
  switch (now?.standing) {
    case 'reversed':
    case 'declined':
      return 'taken';
    case 'refused':
      return 'refused';
    default:
      throw noAnswer();
  }
}

/** Of what waits for the line: sends it, and says what became of it. Rejects while there is no answer. */
async function fate({ till, store }: Desk, entry: TillEntry, name: string): Promise<Sent> {
  if (isWaiting(entry)) await till.upload();
  const now = isWaiting(entry) ? await store.named(name) : entry;
  switch (now?.standing) {
    case 'approved':
    case 'sent':
      return 'taken';
    case 'refused':
    case 'declined':
      return 'refused';
    default:
      throw noAnswer();
  }
}

const isWaiting = ({ standing }: TillEntry): boolean =>
  standing === 'queued' || standing === 'open' || standing === 'reversing';

/** Tag 9F02: binary-coded decimal. */
function amountOf(record: DataRecord): bigint {
  const octets = record.get(AMOUNT) ?? new Uint8Array(0);
  return octets.reduce((sum, octet) => sum * 100n + BigInt((octet >> 4) * 10 + (octet & 0x0f)), 0n);
}

/** `YYMMDDhhmmss` by this device's clock, `MMDDhhmmss` in UTC. */
function stampTime(now: number): { readonly local: string; readonly transmitted: string } {
  const digits = (at: number): string => new Date(at).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14);
  const ahead = -new Date(now).getTimezoneOffset() * 60_000;
  return { local: digits(now + ahead), transmitted: digits(now).slice(2) };
}
