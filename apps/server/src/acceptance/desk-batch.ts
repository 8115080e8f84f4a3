/**
 * One batch of messages: what their numbers stand for, are their cryptograms right; then one transaction, and what the cards are told.
 *
 * What must hold: three times to the database and back, however many messages there are; no cryptography while rows are locked; nothing is
 * answered before the COMMIT.
 */
import type { SymmetricPort } from '@sokkin/crypto';
import { ACCEPTANCE_OUTCOMES } from '@sokkin/issuer';
import type pg from 'pg';
import { BatchState } from './batch-state.ts';
import { answerChip, checkChip } from './chip.ts';
import { cardOf, type DeskRules, decideItem } from './decide.ts';
import type { ShopAnswer } from './desk.ts';
import {
  type CounterPlace,
  countersAt,
  lockAccounts,
  merchantPlace,
  merchantsNamed,
  type Place,
  paymentsAt,
  paymentsNamed,
  repliesAt,
  type Slip,
} from './desk-rows.ts';
import { hearers, transferNumbers, writeBatch } from './desk-write.ts';
import type { Instruments } from './instruments.ts';
import { type Decided, type DeskItem, declined } from './keep.ts';
import type { AskRequest, BalanceInquiry, FollowUp } from './request.ts';
import { type Run, runOn, together } from './statements.ts';

export type DeskRequest = AskRequest | FollowUp | BalanceInquiry;

export interface BatchParts {
  readonly instruments: Instruments;
  readonly symmetric: SymmetricPort;
  readonly rules: DeskRules;
}

/** The answers, in the order of the requests. On a connection with `pipeline: true`. */
export async function answerBatch(
  parts: BatchParts,
  client: pg.ClientBase,
  requests: readonly DeskRequest[],
  at: Date,
): Promise<readonly ShopAnswer[]> {
  const run = runOn(client);
  const items = await prepare(parts, run, requests, at);
  const known = items.filter((item) => item !== undefined);
  const decided = known.length === 0 ? [] : await decideAll(parts, client, run, known, at);
  const results = new Map(known.map((item, i) => [item, decided[i]]));
  return items.map((item, i) => {
    const request = requests[i];
    const result = item && results.get(item);
    if (request === undefined) throw new Error('Bug: every item is of a request');
    return item === undefined || result === undefined
      ? shown(parts, undefined, declined('card_unknown'))
      : shown(parts, item, result);
  });
}

/** Undefined: the number stands for nothing here. */
async function prepare(
  { instruments, symmetric }: BatchParts,
  run: Run,
  requests: readonly DeskRequest[],
  at: Date,
): Promise<readonly (DeskItem | undefined)[]> {
  const cards = [...new Set(requests.map(({ card }) => card.number))];
  const [found, merchants] = await together(
    instruments.find(run, cards, at),
    merchantsNamed(
      run,
      requests.map(({ said }) => said),
    ),
  );
  return Promise.all(
    requests.map(async (request) => {
      const { card, said } = request;
      const instrument = found.get(card.number);
      if (instrument === undefined) return undefined;
      const merchant = merchants.get(merchantPlace(said.acquirer, said.acceptor));
      const issuer = asks(request) ? await instruments.issuerOf(card.number) : undefined;
      const checked = asks(request) ? checkChip(symmetric, issuer, card) : undefined;
      return { request, instrument, merchant, checked };
    }),
  );
}

/** Its card has a question: reversals, refunds and captures say what became of one. */
const asks = (request: DeskRequest): boolean =>
  request.kind === 'hold' ||
  request.kind === 'pay' ||
  request.kind === 'balance' ||
  (request.kind === 'capture' && request.otherwise !== undefined);

async function decideAll(
  { instruments, rules }: BatchParts,
  client: pg.ClientBase,
  run: Run,
  items: readonly DeskItem[],
  at: Date,
): Promise<readonly Decided[]> {
  const places = items.flatMap(placesOf);
  const tokens = items.filter(({ instrument }) => instrument.kind === 'token');
  const [, accounts, payments, named, replies, counters, lives, ids, told] = await together(
    client.query('BEGIN'),
    lockAccounts(run, items.flatMap(accountsOf)),
    paymentsAt(run, places),
    paymentsNamed(run, items.flatMap(slipsOf)),
    repliesAt(run, places),
    countersAt(run, items.flatMap(counterOf)),
    instruments.lockTokens(run, [...new Set(tokens.map(({ request }) => request.card.number))]),
    transferNumbers(run, items.length),
    hearers(run),
  );
  const state = new BatchState(accounts, [...named, ...payments], replies, lives, counters);
  const decided = items.map((item) => decideItem(rules, state, item));
  const written = writeBatch(
    run,
    state,
    ids.map(({ id }) => id),
    told,
    at,
  );
  const used = [...state.tokenUse].map(([number, change]) => ({ number, change }));
  await together(
    ...written,
    ...(used.length === 0 ? [] : [instruments.addUse(run, used)]),
    client.query('COMMIT'),
  );
  return decided;
}

function placesOf({ request, instrument: { account } }: DeskItem): Place[] {
  const own = { account, key: request.said.key };
  const original = 'original' in request ? request.original.key : undefined;
  return original === undefined ? [own] : [own, { account, key: original }];
}

const accountsOf = ({ instrument, merchant }: DeskItem): string[] =>
  [instrument.account, merchant?.account, merchant?.reserve].filter((id) => id !== undefined);

/** Of what is about a payment that its key may not find. */
function slipsOf({ request, instrument: { account } }: DeskItem): Slip[] {
  if (!('original' in request)) return [];
  const { acquirer, terminal } = request.said;
  const { rrn, stan } = request.original;
  return rrn === undefined && stan === undefined ? [] : [{ account, acquirer, terminal, rrn, stan }];
}

const counterOf = (item: DeskItem): CounterPlace[] =>
  item.checked === undefined || item.checked.atc === 0
    ? []
    : [{ account: item.instrument.account, card: cardOf(item), atc: item.checked.atc }];

function shown(parts: BatchParts, item: DeskItem | undefined, decided: Decided): ShopAnswer {
  const { outcome, approved, approvalCode } = decided;
  const isApproved = ACCEPTANCE_OUTCOMES[outcome].kind === 'approved';
  return {
    ...{ outcome, approved, approvalCode },
    chip: answerChip(parts.symmetric, item?.checked, outcome, isApproved),
    fields: { ...partOf(decided), ...balanceOf(parts, item, decided) },
  };
}

const partOf = ({ outcome, approved }: Decided) => (outcome === 'approved_partially' ? { 4: approved } : {});

/** Additional amounts (field 54): account type as asked, available balance (02), currency, sign, twelve digits. */
function balanceOf({ rules }: BatchParts, item: DeskItem | undefined, { available }: Decided) {
  if (item === undefined || available === undefined) return {};
  const digits = available.toString().padStart(12, '0').slice(-12);
  return { 54: `0002${rules.currency}C${digits}` };
}
