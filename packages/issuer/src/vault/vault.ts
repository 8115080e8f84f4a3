/**
 * The token vault: cards and accounts become links, links get tokens, tokens pay or do not (docs/spec/token-vault.md).
 *
 * What must hold: a PAN is in the store sealed or not at all; one PAN has one link, and one reference, whoever registers it and
 * however often; no token equals a PAN, and no PAN that is registered later equals a token; a PAN leaves through `detokenise` alone,
 * and to the entitled alone.
 */
import { assert, hex, SokkinError } from '@sokkin/codec';
import { type TokenDomain, UNUSED } from './domain.ts';
import type { PanBox } from './envelope.ts';
import {
  NEW_TOKEN_LIFE,
  orderToken,
  type TokenOrder,
  type TokenParty,
  type TokenRefusal,
} from './lifecycle.ts';
import { checkRanges, drawReference, drawToken, isRequestorId, type TokenRange } from './numbers.ts';
import { Pan } from './pan.ts';
import type { LinkRow, TokenRow, VaultStore } from './vault-ports.ts';

export interface VaultParts {
  readonly store: VaultStore;
  readonly box: PanBox;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly ranges: readonly TokenRange[];
  /** First digits of the PANs that may be registered here; empty: all but the token ranges. */
  readonly panPrefixes: readonly string[];
  /** Four characters, of who hands out references. */
  readonly binController: string;
  readonly clock: () => Date;
}

export interface TokenOrderForm {
  readonly requestor: string;
  readonly link: string;
  readonly domain: TokenDomain;
  readonly assurance: number;
}

/** Who wants to see a PAN. What they are entitled to is decided where they are known. */
export interface Viewer {
  readonly mayDetokenise: boolean;
  /** Links of other issuers do not exist for them. */
  readonly maySee: (account: string) => boolean;
}

export type Registered =
  | { readonly status: 'registered' | 'known'; readonly link: LinkRow }
  /** The PAN is another account's already. */
  | { readonly status: 'other_account' };

export type Tokenised =
  | { readonly status: 'ok'; readonly token: TokenRow }
  | { readonly status: 'link_unknown' | 'bad_requestor' | 'bad_domain' | 'bad_assurance' };

export type Ordered =
  | { readonly status: 'changed' | 'unchanged'; readonly token: TokenRow }
  | { readonly status: TokenRefusal | 'token_unknown' };

export type Detokenised =
  | { readonly status: 'ok'; readonly pan: Pan; readonly link: LinkRow }
  | { readonly status: 'not_entitled' | 'token_unknown' | 'no_pan' };

/** What a number on a terminal stands for: a token, or a PAN that was linked. */
export type Resolved =
  | { readonly kind: 'token'; readonly token: TokenRow; readonly link: LinkRow }
  | { readonly kind: 'pan'; readonly link: LinkRow }
  | { readonly kind: 'unknown' };

export interface TokenVault {
  /** `expiry`: the card's last month, YYMM. */
  registerCard(pan: Pan, account: string, expiry?: string): Promise<Registered>;
  registerAccount(account: string): Promise<LinkRow>;
  tokenise(form: TokenOrderForm): Promise<Tokenised>;
  order(number: string, order: TokenOrder, by: TokenParty): Promise<Ordered>;
  resolve(number: string): Promise<Resolved>;
  detokenise(number: string, viewer: Viewer): Promise<Detokenised>;
  /** Seals again what is under old keys; how many were, at most `most`. While it answers above 0 there may be more. */
  renewSeals(most: number): Promise<number>;
}

/** Draws of a number before a range counts as used up. */
const MOST_DRAWS = 64;
/** Times that a change starts again because somebody was faster. */
const MOST_RACES = 16;

export function tokenVault(parts: VaultParts): TokenVault {
  const { store, box, randomBytes, ranges, panPrefixes, binController, clock } = parts;
  checkRanges(ranges, panPrefixes);
  const newId = (prefix: string): string => `${prefix}_${hex(randomBytes(12))}`;
  const isToken = (digits: string): boolean =>
    ranges.some((r) => digits.length === r.digits && digits.startsWith(r.prefix));

  async function addLink(account: string, pan?: Pan, expiry?: string): Promise<LinkRow | undefined> {
    const id = newId('lnk');
    const reference = drawReference(randomBytes, binController);
    const sealed = pan === undefined ? undefined : await box.seal(pan, id);
    const card = pan === undefined ? undefined : { lastFour: pan.lastFour, expiry };
    const begun = { status: 'active', createdAt: clock(), version: 1 } as const;
    const row: LinkRow = { id, account, reference, pan: sealed, card, ...begun };
    return (await store.addLink(row)) === 'added' ? row : undefined;
  }

  async function registerCard(pan: Pan, account: string, expiry?: string): Promise<Registered> {
    const digits = pan.reveal();
    const isOurs = panPrefixes.length === 0 || panPrefixes.some((prefix) => digits.startsWith(prefix));
    if (!isOurs || ranges.some(({ prefix }) => digits.startsWith(prefix)))
      throw new SokkinError('bad_pan', 'Vault: this number is of no range whose cards may be linked');
    for (let race = 0; race < MOST_RACES; race++) {
      const known = await store.linkOfPan(await box.indexesOf(pan));
      if (known !== undefined)
        return known.account === account ? { status: 'known', link: known } : { status: 'other_account' };
      const link = await addLink(account, pan, expiry);
      if (link !== undefined) return { status: 'registered', link };
    }
    return raced();
  }

  async function registerAccount(account: string): Promise<LinkRow> {
    for (let race = 0; race < MOST_RACES; race++) {
      const link = await addLink(account);
      if (link !== undefined) return link;
    }
    return raced();
  }

  async function tokenise({ requestor, link: of, domain, assurance }: TokenOrderForm): Promise<Tokenised> {
    if (!isRequestorId(requestor)) return { status: 'bad_requestor' };
    if (!Number.isInteger(assurance) || assurance < 0 || assurance > 99) return { status: 'bad_assurance' };
    if (!isDomain(domain)) return { status: 'bad_domain' };
    const link = await store.link(of);
    if (link === undefined || link.status === 'removed') return { status: 'link_unknown' };
    for (let draw = 0; draw < MOST_DRAWS; draw++) {
      const range = ranges[draw % ranges.length];
      assert(range !== undefined, 'a vault has a range');
      const number = drawToken(randomBytes, range);
      // Ranges are no PANs' by configuration; a PAN that was linked before they were changed would still collide.
      if ((await store.linkOfPan(await box.indexesOf(Pan.of(number)))) !== undefined) continue;
      const common = { link: link.id, requestor, life: NEW_TOKEN_LIFE, use: UNUSED, version: 1 };
      const [id, createdAt] = [newId('tok'), clock()];
      const token: TokenRow = { ...common, id, number, domain, assurance, createdAt };
      if ((await store.addToken(token)) === 'added') return { status: 'ok', token };
    }
    throw new SokkinError('range_used_up', 'Vault: no free number was found; add a token range');
  }

  async function order(number: string, what: TokenOrder, by: TokenParty): Promise<Ordered> {
    for (let race = 0; race < MOST_RACES; race++) {
      const token = await store.token(number);
      if (token === undefined) return { status: 'token_unknown' };
      const step = orderToken(token.life, what, by);
      if (step.status === 'unchanged') return { status: 'unchanged', token };
      if (step.status !== 'changed') return { status: step.status };
      const next: TokenRow = { ...token, life: step.life, version: token.version + 1 };
      if (await store.saveToken(next)) return { status: 'changed', token: next };
    }
    return raced();
  }

  async function linkOf(token: TokenRow): Promise<LinkRow> {
    const link = await store.link(token.link);
    assert(link !== undefined, () => `token ${token.id} stands for a link that is not there`);
    return link;
  }

  async function resolve(number: string): Promise<Resolved> {
    if (isToken(number)) {
      const token = await store.token(number);
      return token === undefined ? { kind: 'unknown' } : { kind: 'token', token, link: await linkOf(token) };
    }
    const pan = panOrNone(number);
    const link = pan === undefined ? undefined : await store.linkOfPan(await box.indexesOf(pan));
    return link === undefined ? { kind: 'unknown' } : { kind: 'pan', link };
  }

  async function detokenise(number: string, viewer: Viewer): Promise<Detokenised> {
    if (!viewer.mayDetokenise) return { status: 'not_entitled' };
    const token = await store.token(number);
    if (token === undefined) return { status: 'token_unknown' };
    const link = await linkOf(token);
    if (!viewer.maySee(link.account)) return { status: 'token_unknown' };
    if (link.pan === undefined) return { status: 'no_pan' };
    return { status: 'ok', pan: await box.open(link.pan, link.id), link };
  }

  async function renewSeals(most: number): Promise<number> {
    const stale = await store.staleLinks(box.current, most);
    let renewed = 0;
    for (const link of stale) {
      if (link.pan === undefined) continue;
      const pan = await box.seal(await box.open(link.pan, link.id), link.id);
      // Somebody who was faster renewed it, or will be met again.
      if (await store.saveLink({ ...link, pan, version: link.version + 1 })) renewed++;
    }
    return renewed;
  }

  return { registerCard, registerAccount, tokenise, order, resolve, detokenise, renewSeals };
}

const raced = (): never => {
  throw new SokkinError('vault_busy', 'Vault: others change the same row all the time; try again');
};

function panOrNone(digits: string): Pan | undefined {
  try {
    return Pan.of(digits);
  } catch (error) {
    if (error instanceof SokkinError) return undefined;
    throw error;
  }
}

/** Amounts above zero, a time that passes, sets that let something in. */
function isDomain(d: TokenDomain): boolean {
  const sets: readonly (ReadonlySet<string> | undefined)[] = [
    d.devices,
    d.merchants,
    d.entries,
    d.currencies,
  ];
  const amounts = [d.mostAmount, d.mostTotal].every((amount) => amount === undefined || amount > 0n);
  const count = d.mostCount === undefined || (Number.isInteger(d.mostCount) && d.mostCount > 0);
  return amounts && count && d.validFrom < d.validUntil && sets.every((s) => s === undefined || s.size > 0);
}
