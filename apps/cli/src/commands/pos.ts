/** `sokkin pos`: an ordinary terminal of a shop. EMV towards the card, ISO 8583 towards its acquirer (docs/pos.md). */
import { SokkinError } from '@sokkin/codec';
import { netOf, type TillEntry, totalsOf, waiting } from '@sokkin/terminal';
import { type Answer, type Args, type Command, EXIT, type Flag, UsageError } from '../io/command.ts';
import type { Context } from '../io/context.ts';
import { type Pos, withPos } from '../pos/open.ts';
import { type CardWord, recordedCard, tapCard, terminalConfig } from '../pos/read-card.ts';
import { receiptLines } from '../pos/receipt.ts';
import { sentenceOf } from '../pos/words.ts';
import { AMOUNT, amountOf, money, TEARS, tearOf } from './common.ts';

export const POS: Flag = { value: 'NAME', says: 'which terminal; may be left out if there is only one' };
const REFERENCE = { name: 'reference', says: 'of the payment, as its receipt has it' } as const;

export const posSale: Command = {
  name: 'pos sale',
  says: 'take a payment: read the card, ask the acquirer, print the receipt',
  positionals: [{ ...AMOUNT, optional: true }],
  flags: {
    pos: POS,
    card: { value: 'CARD', says: 'a card or phone by name, or reader:NAME' },
    chip: { value: 'FILE', says: 'chip data that another terminal recorded, in place of a card' },
    hold: { says: 'only hold the amount, for a later capture' },
    online: { says: 'ask the acquirer, whatever the amount' },
    offline: { says: 'do as if there were no line' },
    ...TEARS,
  },
  examples: ['sokkin pos sale 1200 --card alice', 'sokkin pos sale --chip recorded.hex'],
  run: (context, args) => withPos(context, args.maybe('pos'), (pos) => sell(context, args, pos)),
};

async function sell(context: Context, args: Args, pos: Pos): Promise<Answer> {
  const { till, line } = pos;
  const kind = args.has('hold') ? 'hold' : 'pay';
  if (args.has('online') && args.has('offline')) throw new UsageError('--online and --offline: one of them.');
  const hasNetwork = !args.has('offline') && (await line.reach());
  if (hasNetwork) await till.settle();
  const word = await wordOfCard(context, args, pos, hasNetwork);
  if (word.kind === 'none')
    return {
      json: { outcome: 'none', because: word.because },
      lines: [`Not paid. ${word.because}`, ...(hasNetwork ? [] : troubleOf(line))],
      exit: word.isAgain ? EXIT.torn : EXIT.refused,
    };
  if (word.kind === 'offline') return answerOf(pos, await till.offline(word.sale));
  if (!hasNetwork)
    throw new SokkinError(
      'line_down',
      `Not paid: the acquirer must be asked, and there is no line. ${line.trouble ?? ''}`.trim(),
    );
  return answerOf(pos, await till.sell(kind, word.sale));
}

async function wordOfCard(context: Context, args: Args, pos: Pos, hasNetwork: boolean): Promise<CardWord> {
  const { place, store, till } = pos;
  const [card, chip, amountText] = [args.maybe('card'), args.maybe('chip'), args.maybe('amount')];
  if ((card === undefined) === (chip === undefined)) throw new UsageError('Say --card CARD, or --chip FILE.');
  if (chip !== undefined) {
    const word = await recordedCard(chip);
    if (amountText !== undefined && amountOf(amountText) !== word.amount)
      throw new UsageError(
        `The recorded card approved ${money(word.amount)}, not ${amountText}: leave the amount out.`,
      );
    return word;
  }
  if (card === undefined || amountText === undefined)
    throw new UsageError('AMOUNT is missing (whole yen, like 1500 or 1,500).');
  const amount = amountOf(amountText);
  return tapCard(context, await terminalConfig(place), {
    ...{ card, amount, hasNetwork, torn: store.torn, tear: tearOf(args) },
    // The kernel's own name for it: a tap after a torn one of the same amount is for the same sale
    id: `${card} ${amount} ${till.state.stan}`,
    // A hold is a question to the issuer
    forceOnline: hasNetwork && (args.has('online') || args.has('hold')),
    keep: (sale) => till.offline(sale),
  });
}

/** Why there was no answer: for people who set a line up. */
const troubleOf = ({ trouble }: Pos['line']): string[] => (trouble === undefined ? [] : [trouble]);

/** What a command says about one entry of the till. */
export function answerOf({ paper, till, line }: Pos, entry: TillEntry): Answer {
  const isGood = entry.standing === 'approved' || entry.standing === 'queued' || entry.standing === 'sent';
  const wasWanted = entry.standing === 'reversed' && entry.wasApproved > 0n;
  return {
    json: { ...entryJson(entry), waiting: waiting(till.state).length },
    lines: [
      ...[...receiptLines(entry, paper), '', sentenceOf(entry)],
      ...(isGood || wasWanted || entry.standing === 'declined' ? [] : troubleOf(line)),
    ],
    exit: isGood || wasWanted ? EXIT.done : EXIT.refused,
  };
}

export const entryJson = ({ message: _, undo, cryptogram: _c, ...entry }: TillEntry) => ({
  ...entry,
  asked: entry.asked.toString(),
  stands: entry.stands.toString(),
  wasApproved: entry.wasApproved.toString(),
  undo: undo === undefined ? null : { left: undo.left.toString() },
});

export const posCapture: Command = {
  name: 'pos capture',
  says: 'take what was held, or a part of it',
  positionals: [REFERENCE, AMOUNT],
  flags: { pos: POS },
  examples: ['sokkin pos capture 261123000007 1000'],
  run: (context, args) =>
    withPos(context, args.maybe('pos'), async (pos) =>
      answerOf(pos, await pos.till.capture(args.text('reference'), amountOf(args.text('amount')))),
    ),
};

export const posRefund: Command = {
  name: 'pos refund',
  says: 'give money of a payment back to the card’s account',
  positionals: [REFERENCE, AMOUNT],
  flags: { pos: POS },
  examples: ['sokkin pos refund 261123000007 500'],
  run: (context, args) =>
    withPos(context, args.maybe('pos'), async (pos) =>
      answerOf(pos, await pos.till.refund(args.text('reference'), amountOf(args.text('amount')))),
    ),
};

export const posCancel: Command = {
  name: 'pos cancel',
  says: 'take a payment of today back, or all of it but an amount',
  positionals: [REFERENCE],
  flags: { pos: POS, left: { value: 'AMOUNT', says: 'what stays paid (nothing)' } },
  examples: ['sokkin pos cancel 261123000007', 'sokkin pos cancel 261123000007 --left 700'],
  run: (context, args) =>
    withPos(context, args.maybe('pos'), async (pos) => {
      const left = args.maybe('left');
      return answerOf(
        pos,
        await pos.till.cancel(args.text('reference'), left === undefined ? 0n : amountOf(left)),
      );
    }),
};

export const posUpload: Command = {
  name: 'pos upload',
  says: 'send what waits: what is to be taken back, then offline approvals',
  flags: { pos: POS },
  examples: ['sokkin pos upload'],
  run: (context, args) =>
    withPos(context, args.maybe('pos'), async ({ till, line }) => {
      const before = waiting(till.state).length;
      const left = await till.upload();
      const refused = till.state.entries.filter((e) => e.standing === 'refused');
      const lines = [
        before === 0 ? 'Nothing waits.' : `${before - left} of ${before} are with the acquirer.`,
        ...(left > 0 && line.trouble !== undefined ? [line.trouble] : []),
        ...refused.map((e) => sentenceOf(e)),
      ];
      return {
        json: { waited: before, left, refused: refused.map(entryJson) },
        lines,
        exit: left > 0 || refused.length > 0 ? EXIT.refused : EXIT.done,
      };
    }),
};

export const posClose: Command = {
  name: 'pos close',
  says: 'close the day: send what waits, compare totals with the acquirer (0500)',
  flags: { pos: POS },
  examples: ['sokkin pos close'],
  run: (context, args) =>
    withPos(context, args.maybe('pos'), async ({ till, line }) => {
      const { batch } = till.state;
      const closed = await till.close();
      if (closed === undefined) {
        const left = waiting(till.state).length;
        throw new SokkinError(
          'line_down',
          `The day is not closed: the acquirer does not answer, and ${left} still wait. ${line.trouble ?? ''}`.trim(),
        );
      }
      const { totals, code, meaning, isBalanced } = closed;
      const total = (name: string, { count, amount }: { count: number; amount: bigint }): string =>
        `${name.padEnd(20)}${String(count).padStart(6)}${money(amount).padStart(18)}`;
      return {
        json: {
          batch,
          code,
          balanced: isBalanced,
          net: netOf(totals).toString(),
          totals: JSON.parse(JSON.stringify(totals, (_, v) => (typeof v === 'bigint' ? v.toString() : v))),
        },
        lines: [
          `Batch ${batch}`,
          total('Payments', totals.debits),
          total('  taken back', totals.debitReversals),
          total('Refunds', totals.credits),
          total('  taken back', totals.creditReversals),
          `${'Net'.padEnd(26)}${money(netOf(totals)).padStart(18)}`,
          isBalanced
            ? `The acquirer has the same (${code}).`
            : `The acquirer has something else: answer ${code}, ${meaning}.`,
        ],
        exit: isBalanced ? EXIT.done : EXIT.refused,
      };
    }),
};

export const posShow: Command = {
  name: 'pos show',
  says: 'what the terminal holds: its payments of this batch, and what waits',
  flags: { pos: POS },
  examples: ['sokkin pos show'],
  run: (context, args) =>
    withPos(context, args.maybe('pos'), async ({ till, place, settings }) => {
      const { state } = till;
      const net = netOf(totalsOf(state));
      const line = (e: TillEntry): string =>
        `${e.reference}  ${e.kind.padEnd(8)}${e.standing.padEnd(10)}${money(e.stands).padStart(12)}  ${e.card.pan}`;
      return {
        json: {
          name: place.name,
          terminal: settings.terminal,
          batch: state.batch,
          net: net.toString(),
          entries: state.entries.map(entryJson),
        },
        lines: [
          `Terminal ${settings.terminal} of ${settings.merchant} (${settings.shop}), batch ${state.batch}`,
          ...state.entries.map(line),
          `${waiting(state).length} wait for the line. Settled: ${money(net)}`,
        ],
      };
    }),
};
