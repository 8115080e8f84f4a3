/**
 * When a phone is gone, is followed by another one, or its purse ends.
 *
 * What must hold: nothing is given up without its holder's word; a purse is followed by another one only when it is empty and everything it paid has
 * arrived; what the screens show of a claim is what the back-end says of it, with its dates.
 */
import { purseName, select } from '@sokkin/terminal';
import { joinAccount } from './backend.ts';
import { tidy } from './links.ts';
import type { Claim, GoneKind, Phone } from './own-backend.ts';
import type { Done, Undone, Wallet } from './wallet.ts';

export interface Standing {
  readonly phones: readonly Phone[];
  /** Reports of this customer's purses, those that go on first. */
  readonly claims: readonly Claim[];
  /** From a report to its refund. */
  readonly waitDays: Readonly<Record<GoneKind, number>>;
  /** Until when a code for a further phone waits. */
  readonly codeUntil: Date | undefined;
}

const DONE: Done = { status: 'ok', value: undefined };

export function standing(wallet: Wallet): Promise<Done<Standing>> {
  return wallet.trying(async () => {
    const own = await wallet.ownApi();
    const [{ data: phones, code_until }, { data: listed }, { document }] = await Promise.all([
      own.devices(),
      own.claims(),
      own.policy(),
    ]);
    const claims: Claim[] = [];
    for (const { id } of listed) claims.push(await own.claim(id));
    claims.sort((a, b) => Number(isOver(a)) - Number(isOver(b)) || (a.reported_at < b.reported_at ? 1 : -1));
    const codeUntil = code_until === null ? undefined : new Date(code_until);
    const value = { phones, claims, waitDays: document.wait_days, codeUntil };
    await tellOf(wallet, value);
    return { status: 'ok', value };
  });
}

export const isOver = ({ status }: Pick<Claim, 'status'>): boolean =>
  status === 'closed' || status === 'withdrawn' || status === 'refused';

/** What moved on since it was looked at last. */
async function tellOf({ parts: { people } }: Wallet, { phones, claims }: Standing): Promise<void> {
  const moved = claims.map(({ id, status, due_at, refunded }) => ({
    ...{ id: `claim-${id}-${status}`, kind: 'claim' as const, about: id, word: status },
    ...(status === 'waiting' ? { due: due_at } : {}),
    ...(status === 'refunded' ? { amount: BigInt(refunded) } : {}),
  }));
  const others = phones.filter(({ is_this, status }) => !is_this && status === 'active');
  const joined = others.map(({ id, created_at }) => ({
    ...{ id: `device-${id}`, kind: 'device_joined' as const, due: created_at },
  }));
  await people.tell([...moved, ...joined]);
}

/** Its device is blocked at once and for good; what its purses hold is refunded by date. */
export function giveUpPhone(wallet: Wallet, phone: Phone, kind: GoneKind): Promise<Done> {
  return wallet.trying(async () => {
    await (await wallet.ownApi()).giveUp(phone.id, kind);
    return DONE;
  });
}

export function takeBack(wallet: Wallet, claim: Claim): Promise<Done> {
  return wallet.trying(async () => {
    await (await wallet.ownApi()).withdraw(claim.id);
    return DONE;
  });
}

export interface Code {
  readonly code: string;
  readonly until: Date;
}
export function makeCode(wallet: Wallet, days: number): Promise<Done<Code>> {
  return wallet.trying(async () => {
    const made = await (await wallet.ownApi()).makeCode(days);
    // The key of the request is new each time, so the answer is never a repeated one without its code.
    return { status: 'ok', value: { code: made.code ?? '', until: new Date(made.expires_at) } };
  });
}

/** As it was typed, or read from a link; undefined: it is none. */
export function codeIn(text: string): string | undefined {
  const bare = tidy(text.replace(/^.*#join=/s, ''))
    .replaceAll(/[\s-]/g, '')
    .toUpperCase();
  return /^[A-Z2-7]{26}$/.test(bare) ? bare : undefined;
}

/** A phone that was given up was found: it joins anew, its purse comes along, and the report is taken back. What was stolen stays reported. */
export function comeBack(wallet: Wallet, code: string): Promise<Done> {
  return wallet.trying(async () => {
    const { store, purse, showing } = wallet.parts;
    await joinAccount(store, showing.now().name, code);
    showing.change({ isGivenUp: false });
    await wallet.open();
    const selected = await purse.use(select);
    const leaf = selected.status === 'ok' ? selected.value.certificate : undefined;
    if (leaf === undefined) return { status: 'wrong_lifecycle' };
    const id = purseName(leaf.subjectRef);
    const own = await wallet.ownApi();
    await own.takeOver(id);
    const { data } = await own.claims();
    const open = data.filter((one) => one.purse === id && one.status === 'waiting' && one.kind !== 'stolen');
    for (const claim of open) await own.withdraw(claim.id);
    return wallet.sync();
  });
}

/** Everything in this purse goes to the account. */
export async function bringHome(wallet: Wallet, pin: string | undefined): Promise<Done<bigint>> {
  const synced = await wallet.sync();
  if (synced.status !== 'ok') return synced;
  const amount = wallet.parts.showing.now().purse?.balance ?? 0n;
  if (amount === 0n) return { status: 'ok', value: 0n };
  const done = await wallet.cashOut(amount, pin);
  return done.status === 'ok' ? { status: 'ok', value: amount } : done;
}

/**
 * Makes room for the next purse, and the page has to be opened anew then. `isOver`: this one will never pay again, and what it held is refunded.
 */
export async function renewPurse(wallet: Wallet, pin: string | undefined, isOver = false): Promise<Done> {
  if (isOver) return makeRoom(wallet);
  const { store, showing } = wallet.parts;
  const home = await bringHome(wallet, pin);
  if (home.status !== 'ok') return home;
  const brought = ((await store.get('broughtHome')) ?? 0n) + home.value;
  await store.put('broughtHome', brought);
  await wallet.sync();
  const { balance = 0n, pending = 0n } = showing.now().purse ?? {};
  return balance > 0n || pending > 0n ? NOT_EMPTY : makeRoom(wallet);
}

async function makeRoom({ parts: { store } }: Wallet): Promise<Done> {
  const generation = ((await store.get('generation')) ?? 0) + 1;
  await store.archiveRecords(generation);
  await store.put('generation', generation);
  // Of the purse before: the next one has a PIN of its own.
  await store.put('passkey', undefined);
  return DONE;
}
const NOT_EMPTY: Undone = {
  status: 'said',
  code: 'purse_not_empty',
  message: 'Something that this purse paid has not arrived yet.',
};
