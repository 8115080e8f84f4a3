/**
 * One batch of messages: what their numbers stand for, are their cryptograms right; then one transaction, and what the cards are told.
 *
 * What must hold: three times to the database and back, however many messages there are; no cryptography while rows are locked; nothing is
 * answered before the COMMIT.
 */
import { ACCEPTANCE_OUTCOMES } from '@sokkin/issuer';
import type pg from 'pg';
import { BatchState } from './batch-state.ts';
import { answerChip, checkChip, isQuestion } from './chip.ts';
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
import {
  type CardPlace,
  type OpenSecret,
  type PendingScript,
  pendingScripts,
  planScripts,
  type ScriptChange,
  scriptTlvs,
  writeScripts,
} from './scripts.ts';
import { type Run, runOn, together } from './statements.ts';

export type DeskRequest = AskRequest | FollowUp | BalanceInquiry;

export interface BatchParts {
  readonly instruments: Instruments;
  readonly rules: DeskRules;
  readonly openSecret: OpenSecret;
}

/** What is told, and the orders that go with it. */
interface Settled {
  readonly decided: Decided;
  readonly scripts: readonly PendingScript[];
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
  const settled = known.length === 0 ? [] : await decideAll(parts, client, run, known, at);
  const results = new Map(known.map((item, i) => [item, settled[i]]));
  return Promise.all(items.map((item) => shown(parts, item, item && results.get(item))));
}

/** Undefined: the number stands for nothing here. */
async function prepare(
  { instruments }: BatchParts,
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
      const isAsked = card.chip !== undefined && asks(request);
      const checked = isAsked ? checkChip(await instruments.chipOf(instrument, card), card) : undefined;
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
): Promise<readonly Settled[]> {
  const places = items.flatMap(placesOf);
  const tokens = items.filter(({ instrument }) => instrument.kind === 'token');
  const [, accounts, payments, named, replies, counters, lives, pending, ids, told] = await together(
    client.query('BEGIN'),
    lockAccounts(run, items.flatMap(accountsOf)),
    paymentsAt(run, places),
    paymentsNamed(run, items.flatMap(slipsOf)),
    repliesAt(run, places),
    countersAt(run, items.flatMap(counterOf)),
    instruments.lockTokens(run, [...new Set(tokens.map(({ request }) => request.card.number))]),
    pendingScripts(run, items.flatMap(cardPlaceOf)),
    transferNumbers(run, items.length),
    hearers(run),
  );
  const state = new BatchState(accounts, [...named, ...payments], replies, lives, counters);
  const changes: ScriptChange[] = [];
  const settled = items.map((item): Settled => {
    const isRepeat = state.book(item.instrument.account).replies.has(item.request.said.key);
    const decided = decideItem(rules, state, item);
    const planned = planFor(pending, item, isRepeat);
    if (!isRepeat) changes.push(...planned);
    return {
      decided,
      scripts: planned.flatMap(({ script, state: now }) => (now === 'sent' ? [script] : [])),
    };
  });
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
    ...writeScripts(run, latest(changes), at),
    client.query('COMMIT'),
  );
  return settled;
}

/** The last word on each order; a card that asks twice in one batch has two. */
const latest = (changes: readonly ScriptChange[]): readonly ScriptChange[] => [
  ...new Map(changes.map((change) => [change.script.id, change])).values(),
];

function planFor(pending: readonly PendingScript[], item: DeskItem, isRepeat: boolean) {
  const { checked, request, instrument } = item;
  if (pending.length === 0 || checked === undefined || !isQuestion(checked.finding)) return [];
  const card = cardOf(item);
  const mine = pending.filter((s) => s.account === instrument.account && s.card === card);
  const { finding, atc } = checked;
  return planScripts(mine, { key: request.said.key, isRepeat }, { finding, atc });
}

const cardPlaceOf = (item: DeskItem): CardPlace[] =>
  item.checked === undefined || item.checked.atc === 0
    ? []
    : [{ account: item.instrument.account, card: cardOf(item) }];

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
    : [
        {
          account: item.instrument.account,
          card: cardOf(item),
          atc: item.checked.atc,
          keyNumber: item.checked.keyNumber,
        },
      ];

async function shown(
  parts: BatchParts,
  item: DeskItem | undefined,
  { decided, scripts }: Settled = { decided: declined('card_unknown'), scripts: [] },
): Promise<ShopAnswer> {
  const { outcome, approved, approvalCode } = decided;
  const checked = item?.checked;
  const isApproved = ACCEPTANCE_OUTCOMES[outcome].kind === 'approved';
  const orders = checked === undefined ? [] : await scriptTlvs(parts.openSecret, checked, scripts);
  return {
    ...{ outcome, approved, approvalCode },
    chip: [...answerChip(checked, outcome, isApproved), ...orders],
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
