/** Paying, and everything around a payment that needs no network. */
import { hex } from '@sokkin/codec';
import type { CarriedReceipt } from '@sokkin/terminal';
import { ticketFor } from '@sokkin/terminal';
import { paymentName } from '../data/evidence.ts';
import { mailboxOf } from '../data/phone.ts';
import { findPlace, type Place, personalisedPlace } from '../data/places.ts';
import {
  cancelFlow,
  collectFlow,
  pickUpFlow,
  type TapOnPhone,
  tapOnPhone,
  ticketFlow,
} from '../flows/carry.ts';
import { payFlow } from '../flows/direct.ts';
import type { TapCost } from '../flows/tap.ts';
import { type Answer, type Args, type Command, UsageError } from '../io/command.ts';
import type { Context } from '../io/context.ts';
import { amountOf, costJson, costLines, maybePin, money, PIN, SHORT, TEARS, tearOf } from './common.ts';

const PHONE = { value: 'PHONE', says: 'the phone that carries', required: true } as const;
const CARD = { value: 'CARD', says: 'the card that is tapped on it', required: true } as const;

export const payCommand: Command = {
  name: 'pay',
  says: 'pay between any two: card or phone to card or phone',
  flags: {
    from: { value: 'NAME', says: 'who pays', required: true },
    to: { value: 'NAME', says: 'who is paid', required: true },
    amount: { value: 'YEN', says: 'how much', required: true },
    via: { value: 'PHONE', says: 'card to card: the phone on which both are tapped' },
    pin: PIN,
    ...TEARS,
    'tear-side': { value: 'SIDE', says: 'whose card is torn away: payer (default) or payee' },
    ...SHORT,
  },
  examples: [
    'sokkin pay --from emi --to shop --amount 700',
    'sokkin pay --from alice --to bob --amount 1,200 --via shop --pin 1234',
    'sokkin pay --from alice --to shop --amount 500 --tear after --at-exchange 2',
  ],
  async run(context, args) {
    const from = await findPlace(context, args.text('from'));
    const to = await findPlace(context, args.text('to'));
    const amount = amountOf(args.text('amount'));
    if (from.name === to.name) throw new UsageError('A purse cannot pay itself.');
    const via = args.maybe('via');
    if (from.kind === 'card' && to.kind === 'card') {
      if (via === undefined) throw new UsageError('Two cards meet on a phone: say which with --via PHONE.');
      return payVia(context, args, { from, to, amount, via: await findPlace(context, via, 'phone') });
    }
    if (via !== undefined) throw new UsageError('--via is for card to card: here a phone takes part itself.');
    const side = args.maybe('tear-side') ?? 'payer';
    if (side !== 'payer' && side !== 'payee') throw new UsageError('--tear-side is payer or payee.');
    const tear = tearOf(args);
    const costs: TapCost[] = [];
    const done = await payFlow(context, {
      from,
      to,
      amount,
      pin: maybePin(args),
      extended: !args.has('short'),
      tear: tear === undefined ? undefined : { ...tear, side },
      onCost: (c) => costs.push(c),
    });
    const before =
      done.paid === 'before' ? ' It had been paid in the torn tap: nothing was debited twice.' : '';
    const says =
      done.outcome === 'credited'
        ? `Paid: ${money(amount)} from ${from.name} to ${to.name}.${before}`
        : `${to.name} did not take the payment: ${money(amount)} goes back to ${from.name}.`;
    const later = done.settled ? [] : [`${from.name} left before its receipt: it gets it at its next tap.`];
    return answer(context, { ...done, amount: done.amount.toString() }, [says, ...later], costs);
  },
};

async function payVia(
  context: Context,
  args: Args,
  { from, to, amount, via }: { from: Place; to: Place; amount: bigint; via: Place },
): Promise<Answer> {
  const costs: TapCost[] = [];
  const options = { extended: !args.has('short'), onCost: (c: TapCost) => costs.push(c) };
  const { purse } = await personalisedPlace(to);
  const known = ticketFor(await mailboxOf(via).load(), purse, amount);
  if (known === undefined) await ticketFlow(context, { phone: via, card: to, maxAmount: amount }, options);
  const side = args.maybe('tear-side') ?? 'payer';
  const tear = tearOf(args);
  const wish = { phone: via, card: from, payee: to, amount, pin: maybePin(args) };
  const collected = await collectFlow(context, wish, {
    ...options,
    tear: side === 'payer' ? tear : undefined,
  });
  const tapped = await tapOnPhone(
    context,
    { phone: via, card: to },
    { ...options, tear: side === 'payee' ? tear : undefined },
  );
  const word = tapped.delivered.find((r) => hex(r.fields.paymentHash).startsWith(collected.id));
  const outcome = word?.fields.outcome ?? 'cancelled';
  const says =
    outcome === 'credited'
      ? `Paid: ${money(amount)} from ${from.name} to ${to.name}, over ${via.name}.`
      : `${to.name} did not take the payment: ${money(amount)} goes back to ${from.name}.`;
  const later = `${via.name} keeps the receipt for ${from.name}: sokkin receipts --phone ${via.name} --card ${from.name}`;
  const json = { id: collected.id, amount: amount.toString(), paid: collected.paid, outcome, settled: false };
  return answer(context, json, [says, later], costs);
}

export const ticketCommand: Command = {
  name: 'ticket',
  says: "fetch a ticket of its owner's card for the phone to keep",
  flags: {
    phone: PHONE,
    card: CARD,
    max: { value: 'YEN', says: 'the most that may be paid on it', required: true },
    ...TEARS,
    ...SHORT,
  },
  examples: ['sokkin ticket --phone shop --card bob --max 10,000'],
  async run(context, args) {
    const { phone, card, options, costs } = await onPhone(context, args);
    const maxAmount = amountOf(args.text('max'));
    const ticket = await ticketFlow(context, { phone, card, maxAmount }, options);
    const says = `${phone.name} keeps a ticket of ${card.name} for up to ${money(maxAmount)}.`;
    return answer(context, { ticket: ticket.fields.seq, max_amount: maxAmount.toString() }, [says], costs);
  },
};

export const collectCommand: Command = {
  name: 'collect',
  says: "the payer's card on the payee's phone",
  flags: {
    phone: PHONE,
    card: { ...CARD, says: "the payer's card" },
    amount: { value: 'YEN', says: 'how much', required: true },
    for: { value: 'CARD', says: 'the card that is paid; left out: the phone itself' },
    pin: PIN,
    ...TEARS,
    ...SHORT,
  },
  examples: [
    'sokkin collect --phone shop --card alice --amount 700 --for bob',
    'sokkin collect --phone shop --card alice --amount 700',
  ],
  async run(context, args) {
    const { phone, card, options, costs } = await onPhone(context, args);
    const amount = amountOf(args.text('amount'));
    const pin = maybePin(args);
    const named = args.maybe('for');
    if (named === undefined) {
      const tear = options.tear === undefined ? undefined : { ...options.tear, side: 'payer' as const };
      const done = await payFlow(context, { from: card, to: phone, amount, pin, ...options, tear });
      const says = done.outcome === 'credited' ? 'Paid' : 'Sent back';
      const lines = [`${says}: ${money(amount)} from ${card.name} to ${phone.name}.`];
      return answer(context, { ...done, amount: done.amount.toString() }, lines, costs);
    }
    const payee = await findPlace(context, named, 'card');
    const done = await collectFlow(context, { phone, card, payee, amount, pin }, options);
    const paid = done.payment.fields.amount;
    const says =
      done.paid === 'now'
        ? `Paid: ${money(paid)} left ${card.name}.`
        : `${money(paid)} had been paid on this ticket before; nothing more was debited.`;
    const next = `Now tap ${payee.name}: sokkin deliver --phone ${phone.name} --card ${payee.name}`;
    return answer(context, { id: done.id, amount: paid.toString(), paid: done.paid }, [says, next], costs);
  },
};

export const deliverCommand: Command = {
  name: 'deliver',
  says: "the payee's card on its phone: what waits for it is credited",
  flags: {
    phone: PHONE,
    card: { value: 'CARD', says: "the payee's card; left out: the phone's own purse" },
    next: { value: 'YEN', says: 'fetch a ticket for the next payer, up to this amount' },
    ...TEARS,
    ...SHORT,
  },
  examples: [
    'sokkin deliver --phone shop --card bob',
    'sokkin deliver --phone shop --card bob --next 10,000',
  ],
  run: handOver,
};

export const receiptsCommand: Command = {
  name: 'receipts',
  says: "the payer's card on the phone: receipts are handed back",
  flags: {
    phone: PHONE,
    card: { value: 'CARD', says: "the payer's card; left out: the phone's own purse" },
    ...TEARS,
    ...SHORT,
  },
  examples: ['sokkin receipts --phone shop --card alice'],
  run: handOver,
};

async function handOver(context: Context, args: Args): Promise<Answer> {
  const { phone, card, options, costs } = await onPhone(context, args);
  const next = args.maybe('next');
  const nextMaximum = next === undefined ? undefined : amountOf(next);
  const done = await tapOnPhone(context, { phone, card, nextMaximum }, options);
  return answer(context, handedOverJson(done), handedOverLines(card, done), costs);
}

function handedOverLines(card: Place, { delivered, returned, ticket }: TapOnPhone): string[] {
  const lines = delivered.map(({ fields }) =>
    fields.outcome === 'credited'
      ? `${money(fields.amount)} arrived on ${card.name}.`
      : `${card.name} sent ${money(fields.amount)} back: the receipt refunds the payer.`,
  );
  for (const { fields } of returned) {
    lines.push(
      fields.outcome === 'credited'
        ? `${card.name} knows now that its ${money(fields.amount)} arrived.`
        : `${money(fields.amount)} is back on ${card.name}.`,
    );
  }
  if (ticket !== undefined) lines.push(`A ticket for up to ${money(ticket.fields.maxAmount)} is kept.`);
  return lines.length === 0 ? [`Nothing waits for ${card.name}.`] : lines;
}

const receiptJson = ({ fields }: CarriedReceipt) => ({
  payment: hex(fields.paymentHash).slice(0, 16),
  amount: fields.amount.toString(),
  outcome: fields.outcome,
});
const handedOverJson = ({ delivered, returned, ticket }: TapOnPhone) => ({
  delivered: delivered.map(receiptJson),
  returned: returned.map(receiptJson),
  ticket: ticket?.fields.seq ?? null,
});

export const pickupCommand: Command = {
  name: 'pickup',
  says: 'fetch the open payments of a card once more, to deliver them again',
  flags: { phone: PHONE, card: CARD, ...TEARS, ...SHORT },
  examples: ['sokkin pickup --phone shop --card alice'],
  async run(context, args) {
    const { phone, card, options, costs } = await onPhone(context, args);
    const found = await pickUpFlow(context, { phone, card }, options);
    const json = { payments: found.map((p) => ({ id: paymentName(p), amount: p.fields.amount.toString() })) };
    const lines = found.map(
      (p) => `${paymentName(p)}: ${money(p.fields.amount)} for ${hex(p.fields.payee)}.`,
    );
    return answer(context, json, lines.length === 0 ? [`${card.name} has no open payments.`] : lines, costs);
  },
};

export const cancelCommand: Command = {
  name: 'cancel',
  says: "the payee's card sends back what it has not credited yet",
  flags: {
    phone: PHONE,
    card: CARD,
    payment: { value: 'ID', says: 'only this one; left out: all that wait for the card' },
    ...TEARS,
    ...SHORT,
  },
  examples: ['sokkin cancel --phone shop --card bob'],
  async run(context, args) {
    const { phone, card, options, costs } = await onPhone(context, args);
    const receipts = await cancelFlow(context, { phone, card, id: args.maybe('payment') }, options);
    const lines = receipts.map(({ fields }) =>
      fields.outcome === 'cancelled'
        ? `${money(fields.amount)} is sent back: tap the payer's card to refund it (sokkin receipts).`
        : `${money(fields.amount)} had been credited before, and stays: a credit is final.`,
    );
    return answer(context, { receipts: receipts.map(receiptJson) }, lines, costs);
  },
};

async function onPhone(context: Context, args: Args) {
  const phone = await findPlace(context, args.text('phone'), 'phone');
  const named = args.maybe('card');
  const card = named === undefined ? phone : await findPlace(context, named);
  const costs: TapCost[] = [];
  const options = {
    tear: tearOf(args),
    extended: !args.has('short'),
    onCost: (c: TapCost) => {
      costs.push(c);
    },
  };
  return { phone, card, options, costs };
}

const answer = (
  context: Context,
  json: object,
  lines: readonly string[],
  costs: readonly TapCost[],
): Answer => ({
  json: { ...json, taps: costJson(costs) },
  lines: [...lines, ...costLines(context, costs)],
});
