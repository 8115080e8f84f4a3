/** Cards and phones: shown, listed, their PIN changed. */

import { hex, isoOfEpoch, SokkinError } from '@sokkin/codec';
import { describeCertificate } from '@sokkin/crypto';
import type { HistoryLine } from '@sokkin/purse';
import {
  changePin,
  fate,
  history,
  limits,
  openApprovals,
  openPayments,
  openTickets,
  type PaymentApplication,
  paymentApplication,
  select,
  shopFate,
  summary,
} from '@sokkin/terminal';
import { mailboxOf } from '../data/phone.ts';
import { findPlace, type Kind, listPlaces, nameIn, type Place } from '../data/places.ts';
import { refuse, type Tapped, withTap } from '../flows/tap.ts';
import type { Command } from '../io/command.ts';
import type { Context } from '../io/context.ts';
import { money, pinOf, TEARS, tearOf } from './common.ts';

const NAME = (kind: Kind) => ({ name: 'name', says: `what the ${kind} is called` });

const show = (kind: Kind): Command => ({
  name: `${kind} show`,
  says: `balance, limits and last transactions of a ${kind}`,
  positionals: [NAME(kind)],
  examples: [`sokkin ${kind} show ${kind === 'card' ? 'alice' : 'shop'}`],
  async run(context, args) {
    const place = await findPlace(context, args.text('name'), kind);
    const box = kind === 'phone' ? await mailboxOf(place).load() : undefined;
    return withTap(context, place, {}, async (tapped) => {
      const view = await look(tapped);
      const waiting =
        box === undefined
          ? undefined
          : { tickets: box.tickets.length, payments: box.payments.length, receipts: box.receipts.length };
      return {
        json: { ...view.json, ...(waiting === undefined ? {} : { mailbox: waiting }) },
        lines: [
          ...view.lines,
          ...(waiting === undefined
            ? []
            : [
                `Mailbox: ${waiting.tickets} tickets, ${waiting.payments} payments to deliver, ${waiting.receipts} receipts to hand back.`,
              ]),
        ],
      };
    });
  },
});
export const cardShow = show('card');
export const phoneShow = show('phone');

async function look(tapped: Tapped) {
  const { transport: t, place } = tapped;
  const selected = await select(t);
  if (selected.status !== 'ok') return refuse(selected, tapped, { attempted: 'other' });
  const s = await summary(t);
  if (s.status !== 'ok') return refuse(s, tapped, { attempted: 'other' });
  const { certificate } = selected.value;
  if (certificate === undefined) {
    return {
      json: { name: place.name, kind: place.kind, lifecycle: 'blank', balance: '0' },
      lines: [`The ${place.kind} ${place.name} is blank.`],
    };
  }
  const l = await limits(t);
  const h = await history(t);
  const op = await openPayments(t);
  const ot = await openTickets(t);
  const oa = await openApprovals(t);
  for (const o of [l, h, op, ot, oa]) if (o.status !== 'ok') return refuse(o, tapped, { attempted: 'other' });
  if (
    l.status !== 'ok' ||
    h.status !== 'ok' ||
    op.status !== 'ok' ||
    ot.status !== 'ok' ||
    oa.status !== 'ok'
  )
    throw new SokkinError('card_error', `${nameIn(place)} cannot be read.`);
  const application = await paymentApplication(t);
  if (application.status !== 'ok') return refuse(application, tapped, { attempted: 'other' });
  const v = s.value;
  const purse = hex(certificate.subjectRef);
  return {
    json: {
      name: place.name,
      kind: place.kind,
      purse,
      lifecycle: v.lifecycle,
      balance: v.balance.toString(),
      pending: v.pending.toString(),
      reserved: v.reserved.toString(),
      seq: v.seq,
      acknowledged_seq: v.ackSeq,
      epoch: isoOfEpoch(v.epoch),
      pin_tries_left: v.pinTriesLeft,
      holding_limit: l.value.holding.toString(),
      per_payment_without_pin: l.value.perPaymentWithoutPin.toString(),
      open_tickets: ot.value.map((x) => ({ number: x.ticketNo, max_amount: x.maxAmount.toString() })),
      open_payments: op.value.map((x) => ({
        number: x.paymentNo,
        payee: hex(x.payee),
        amount: x.amount.toString(),
      })),
      open_approvals: oa.value.map((x) => ({
        number: x.approvalNo,
        transaction_counter: x.atc,
        amount: x.amount.toString(),
        cryptogram: hex(x.cryptogram),
      })),
      history: h.value.map((x) => ({
        kind: x.kind,
        seq: x.seq,
        counterparty: hex(x.counterparty),
        amount: x.amount.toString(),
        state: x.state,
      })),
      payment_application: applicationJson(application.value),
    },
    lines: [
      `The ${place.kind} ${place.name}: ${describeCertificate(certificate)}.`,
      `Balance ${money(v.balance)}; on its way ${money(v.pending)}; reserved for tickets ${money(v.reserved)}.`,
      `It is ${v.lifecycle}, has ${v.pinTriesLeft} PIN tries, and may hold ${money(l.value.holding)}.`,
      `Without PIN: ${money(l.value.perPaymentWithoutPin)} at once, ${money(l.value.cumulativeWithoutPin - v.spentWithoutPin)} more in all.`,
      ...(application.value === undefined ? [] : [applicationLine(application.value)]),
      ...h.value.map((x) => `  #${x.seq}  ${line(x)}`),
    ],
  };
}

const applicationJson = (a: PaymentApplication | undefined) =>
  a === undefined
    ? null
    : {
        aid: hex(a.aid),
        label: a.label,
        blocked: a.isBlocked,
        pan_last4: a.panLast4,
        expiry: a.expiry,
        transaction_counter: a.transactionCounter,
      };

function applicationLine({
  aid,
  label,
  isBlocked,
  panLast4,
  expiry,
  transactionCounter,
}: PaymentApplication) {
  const state = isBlocked ? ', blocked by its issuer' : '';
  return `In shops: ${label} (${hex(aid)}), number ending in ${panLast4}, valid to ${expiry}, ${transactionCounter} transactions begun${state}.`;
}

function line(x: HistoryLine): string {
  const other = `  (${hex(x.counterparty)})`;
  switch (x.kind) {
    case 'paid':
      return `paid ${money(x.amount)}. ${fate(x.state, x.amount)}${other}`;
    case 'received':
      return `received ${money(x.amount)}${other}`;
    case 'refused':
      return `sent back ${money(x.amount)}${other}`;
    case 'shop':
      return `paid ${money(x.amount)}. ${shopFate(x.state, x.amount)}`;
  }
}

const listing = (kind: Kind): Command => ({
  name: `${kind} list`,
  says: `the ${kind}s in the data folder`,
  examples: [`sokkin ${kind} list`, `sokkin ${kind} list --json`],
  async run(context) {
    const rows = await Promise.all((await listPlaces(context, kind)).map((p) => rowOf(context, p)));
    return {
      json: { [`${kind}s`]: rows.map((r) => r.json) },
      lines: rows.length === 0 ? [`There are no ${kind}s in ${context.data}.`] : rows.map((r) => r.line),
    };
  },
});
export const cardList = listing('card');
export const phoneList = listing('phone');

/** One that cannot be read does not hide the others. */
async function rowOf(context: Context, place: Place) {
  try {
    return await withTap(context, place, {}, async (tapped) => {
      const { json } = await look(tapped);
      return {
        json,
        line: `${place.name.padEnd(16)} ${json.lifecycle.padEnd(13)} ${money(BigInt(json.balance)).padStart(12)}`,
      };
    });
  } catch (error) {
    if (!(error instanceof SokkinError)) throw error;
    return {
      json: { name: place.name, error: { code: error.code, message: error.message } },
      line: `${place.name.padEnd(16)} ${error.message}`,
    };
  }
}

export const cardPin: Command = {
  name: 'card pin',
  says: 'change the PIN of a card or phone',
  positionals: [{ name: 'name', says: 'card or phone' }],
  flags: {
    old: { value: 'DIGITS', says: 'the PIN so far' },
    new: { value: 'DIGITS', says: 'the PIN from now on' },
    ...TEARS,
  },
  examples: ['sokkin card pin alice --old 1234 --new 9876'],
  async run(context, args) {
    const place = await findPlace(context, args.text('name'));
    const [before, after] = [await pinOf(context, args, 'old'), await pinOf(context, args, 'new')];
    return withTap(context, place, { tear: tearOf(args) }, async (tapped) => {
      const selected = await select(tapped.transport);
      if (selected.status !== 'ok') return refuse(selected, tapped, { attempted: 'other' });
      const changed = await changePin(tapped.transport, before, after);
      if (changed.status !== 'ok') return refuse(changed, tapped, { attempted: 'other' });
      return { json: { name: place.name, changed: true }, lines: [`${place.name} has its new PIN.`] };
    });
  },
};
