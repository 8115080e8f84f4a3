/**
 * What the decisions on payments read and write of the vault, one statement for any number of them.
 *
 * What must hold: the statements look rows up by what they are keyed by, so that they cost the same with ten tokens and with ten
 * million; they run on whatever connection the caller is in the middle of a transaction on.
 */
import type { Bytes } from '@sokkin/codec';
import {
  ENTRY_MODES,
  type EntryMode,
  type LinkRow,
  type LinkStatus,
  type OwnCard,
  type PanIndex,
  type TokenDomain,
  type TokenLife,
  type TokenParty,
  type TokenRow,
  type TokenWithLink,
  type UseChange,
} from '@sokkin/issuer';
import { numbers, octets, shortNumbers, words } from './sets.ts';

/** A statement on the caller's connection, in its transaction. */
export type Run = <R extends object>(text: string, values: readonly unknown[]) => Promise<readonly R[]>;

export interface LinkLine {
  readonly id: string;
  readonly account: string;
  readonly reference: string;
  readonly status: LinkStatus;
  readonly pan_sealed: Bytes | null;
  readonly pan_index_key: string | null;
  readonly pan_index: Bytes | null;
  readonly pan_last4: string | null;
  readonly pan_expiry: string | null;
  readonly version: number;
  readonly created_at: Date;
}

export interface TokenLine {
  readonly number: string;
  readonly id: string;
  readonly link: string;
  readonly requestor: string;
  readonly stage: TokenLife['stage'];
  readonly suspended_by: readonly TokenParty[];
  readonly domain: object;
  readonly used_total: bigint;
  readonly used_count: number;
  readonly assurance: number;
  readonly version: number;
  readonly created_at: Date;
}

export const linkOf = (row: LinkLine): LinkRow => ({
  id: row.id,
  account: row.account,
  reference: row.reference,
  pan:
    row.pan_sealed === null || row.pan_index_key === null || row.pan_index === null
      ? undefined
      : { envelope: row.pan_sealed, index: { key: row.pan_index_key, value: row.pan_index } },
  card: row.pan_last4 === null ? undefined : { lastFour: row.pan_last4, expiry: row.pan_expiry ?? undefined },
  status: row.status,
  createdAt: row.created_at,
  version: row.version,
});

export const tokenOf = (row: TokenLine): TokenRow => ({
  id: row.id,
  number: row.number,
  link: row.link,
  requestor: row.requestor,
  life: { stage: row.stage, suspendedBy: new Set(row.suspended_by) },
  // Written by `domainText` alone.
  domain: domainOf(row.domain as StoredDomain),
  use: { total: row.used_total, count: row.used_count },
  assurance: row.assurance,
  createdAt: row.created_at,
  version: row.version,
});

interface StoredDomain {
  readonly devices?: readonly string[];
  readonly merchants?: readonly string[];
  readonly entries?: readonly string[];
  readonly currencies?: readonly string[];
  readonly most_amount?: string;
  readonly most_total?: string;
  readonly most_count?: number;
  readonly valid_from: number;
  readonly valid_until: number;
  readonly needs_cryptogram: boolean;
}

/** A control that is not there has no member. */
export function domainText(d: TokenDomain): string {
  const list = (set: ReadonlySet<string> | undefined) => set && [...set];
  const stored: { readonly [K in keyof StoredDomain]: StoredDomain[K] | undefined } = {
    devices: list(d.devices),
    merchants: list(d.merchants),
    entries: list(d.entries),
    currencies: list(d.currencies),
    most_amount: d.mostAmount?.toString(),
    most_total: d.mostTotal?.toString(),
    most_count: d.mostCount,
    valid_from: d.validFrom,
    valid_until: d.validUntil,
    needs_cryptogram: d.needsCryptogram,
  };
  return JSON.stringify(stored);
}

function domainOf(s: StoredDomain): TokenDomain {
  const set = (list: readonly string[] | undefined) => list && new Set(list);
  const amount = (text: string | undefined) => (text === undefined ? undefined : BigInt(text));
  return {
    devices: set(s.devices),
    merchants: set(s.merchants),
    entries: s.entries && new Set(s.entries.filter(isEntry)),
    currencies: set(s.currencies),
    mostAmount: amount(s.most_amount),
    mostTotal: amount(s.most_total),
    mostCount: s.most_count,
    validFrom: s.valid_from,
    validUntil: s.valid_until,
    needsCryptogram: s.needs_cryptogram,
  };
}

const ENTRIES: ReadonlySet<string> = new Set(ENTRY_MODES);
const isEntry = (name: string): name is EntryMode => ENTRIES.has(name);

const LINK_COLUMNS = [
  ...['id', 'account', 'reference', 'status', 'pan_sealed', 'pan_index_key', 'pan_index'],
  ...['pan_last4', 'pan_expiry', 'version', 'created_at'],
] as const;
const TOKENS = `SELECT t.number, t.id, t.link, t.requestor, t.stage, t.suspended_by, t.domain, t.used_total, t.used_count, t.assurance,
    t.version, t.created_at, ${LINK_COLUMNS.map((name) => `l.${name} AS link_${name}`).join(', ')}
  FROM tokens t CROSS JOIN LATERAL (SELECT * FROM links WHERE id = t.link LIMIT 1) l WHERE t.number = ANY($1::text[])`;
const TOKENS_FOR_USE = `${TOKENS} ORDER BY t.number FOR NO KEY UPDATE OF t`;
/** Keys of the port have names with points and slashes: hexadecimal needs no quotes. */
const LINKS_OF_PANS = `SELECT ${LINK_COLUMNS.join(', ')} FROM unnest($1::bytea[], $2::bytea[]) AS i (key, value) CROSS JOIN LATERAL
  (SELECT * FROM links WHERE pan_index_key = convert_from(i.key, 'UTF8') AND pan_index = i.value LIMIT 1) l`;
const ADD_USE = `UPDATE tokens SET used_total = used_total + u.total, used_count = used_count + u.count, version = version + 1
  FROM unnest($1::text[], $2::int8[], $3::int4[]) AS u (number, total, count) CROSS JOIN LATERAL
    (SELECT ctid AS place FROM tokens WHERE number = u.number LIMIT 1) t WHERE tokens.ctid = t.place`;

/**
 * Those of the numbers that are tokens, each with its link. `forUse`: locked until the transaction ends, in the order of their numbers;
 * accounts are locked before.
 */
export async function resolveTokens(
  run: Run,
  numbers: readonly string[],
  forUse = false,
): Promise<ReadonlyMap<string, TokenWithLink>> {
  if (numbers.length === 0) return new Map();
  const found = await run<TokenLine & LinkOfToken>(forUse ? TOKENS_FOR_USE : TOKENS, [words(numbers)]);
  return new Map(found.map((row) => [row.number, { token: tokenOf(row), link: linkOf(linkLine(row)) }]));
}

type LinkOfToken = { readonly [K in keyof LinkLine as `link_${K}`]: LinkLine[K] };

const linkLine = (row: LinkOfToken): LinkLine => ({
  id: row.link_id,
  account: row.link_account,
  reference: row.link_reference,
  status: row.link_status,
  pan_sealed: row.link_pan_sealed,
  pan_index_key: row.link_pan_index_key,
  pan_index: row.link_pan_index,
  pan_last4: row.link_pan_last4,
  pan_expiry: row.link_pan_expiry,
  version: row.link_version,
  created_at: row.link_created_at,
});

export async function linksOfPans(run: Run, indexes: readonly PanIndex[]): Promise<LinkRow[]> {
  if (indexes.length === 0) return [];
  const keys = octets(indexes.map(({ key }) => new TextEncoder().encode(key)));
  const found = await run<LinkLine>(LINKS_OF_PANS, [keys, octets(indexes.map(({ value }) => value))]);
  return found.map(linkOf);
}

/** Each token once; in the transaction of what uses it. */
export async function addTokenUse(run: Run, changes: readonly UseChange[]): Promise<void> {
  if (changes.length === 0) return;
  await run(ADD_USE, [
    words(changes.map(({ number }) => number)),
    numbers(changes.map(({ change }) => change.total)),
    shortNumbers(changes.map(({ change }) => change.count)),
  ]);
}

interface CardLine {
  readonly serial: string;
  readonly state: OwnCard['state'];
  readonly purse: string;
  readonly profile: string;
  readonly pan_hash: Bytes;
  readonly pan_last4: string;
  readonly pan_sequence: string;
  readonly expiry: string;
}

/** Two statements, as purses may be on other machines than cards. A card without a purse has no account yet. */
const OWN_CARDS = `SELECT serial, state, purse, profile, pan_hash, pan_last4, pan_sequence, expiry FROM cards
  WHERE pan_hash = ANY($1::bytea[]) AND purse IS NOT NULL AND expiry IS NOT NULL`;
const ACCOUNTS_OF_PURSES = 'SELECT id, account FROM purses WHERE id = ANY($1::text[])';

/** Payment cards of ours by the hashes of their PANs, with the accounts of their purses. */
export async function ownCardsOfPans(
  run: Run,
  hashes: readonly Bytes[],
): Promise<readonly { readonly card: OwnCard; readonly account: string }[]> {
  const cards = await run<CardLine>(OWN_CARDS, [octets(hashes)]);
  if (cards.length === 0) return [];
  const purses = await run<{ id: string; account: string }>(ACCOUNTS_OF_PURSES, [
    words(cards.map(({ purse }) => purse)),
  ]);
  const accounts = new Map(purses.map(({ id, account }) => [id, account]));
  return cards.flatMap((row) => {
    const account = accounts.get(row.purse);
    return account === undefined ? [] : [{ card: cardOf(row), account }];
  });
}

const cardOf = (row: CardLine): OwnCard => ({
  serial: row.serial,
  state: row.state,
  purse: row.purse,
  application: {
    profile: row.profile,
    panHash: row.pan_hash,
    panLast4: row.pan_last4,
    panSequence: row.pan_sequence,
    expiry: row.expiry,
  },
});
