/**
 * What the purse says as a tag, and what it does with what is written to it (docs/spec/card-application.md, 9.4 and 9.5).
 *
 * What must hold: nothing is decided here. A message that was written becomes the data of the very command that the purse
 * applet would run, with a session in which no PIN was verified; so it is verified, limited, committed and repeated in
 * the same way. What is shown is read from memory and signed already.
 */
import { amountBytes, type Bytes, concat, decodeTlvs, SokkinError, SW } from '@sokkin/codec';
import {
  type Cell,
  type Identity,
  isPayment,
  isReceipt,
  isTicket,
  OBJECT,
  object,
  type PurseState,
  parseTagMessage,
  type ReceiptCell,
  receiptCell,
  statusOfSw,
  storedMessage,
  type TagContent,
  type TicketCell,
  ticketCell,
} from '@sokkin/purse';
import type { CryptoPort } from '../ports.ts';
import { type Command, type Context, newSession } from '../purse/context.ts';
import { certificateReader } from '../purse/data.ts';
import { creditCommand, payCommand, settleCommand } from '../purse/value.ts';
import type { PurseStore } from '../store.ts';

/**
 * `payee`: shows a request and takes a Payment. `payer`: shows who it is and takes a request or a Receipt;
 * shows a Payment until its Receipt has come.
 */
export type TagRole = 'payer' | 'payee';

/** What a payee's device has asked for. */
export interface TagRequest {
  readonly ticketNo: number;
  /** Minor units; at most the ticket's maximum, or the payer's purse refuses. */
  readonly amount: bigint;
}

export interface TagOptions {
  readonly role: TagRole;
  /** NFC Forum external type of the record; default `TAG_RECORD_TYPE`. */
  readonly recordType?: string;
  /** Payee: the sale that is on. Left out, it is the newest open ticket, for all of its maximum. */
  readonly request?: () => TagRequest | undefined;
}

/** Which command runs on which message; the one message object that is there says which. */
const TAKES: Readonly<Record<TagRole, ReadonlyMap<number, Command>>> = {
  payee: new Map([[OBJECT.payment, creditCommand]]),
  payer: new Map([
    [OBJECT.ticket, payCommand],
    [OBJECT.receipt, settleCommand],
  ]),
};

/** What is read while nothing was written; undefined: the purse is blank and has nothing to say. */
export function shownAtRest(state: PurseState, options: TagOptions): TagContent | undefined {
  const { identity } = state;
  if (identity === undefined) return undefined;
  const said = options.role === 'payee' ? payeeSays(state, options.request?.()) : payerSays(state);
  return objects(identity, ...said);
}

/** A request; or, once that was paid, its Receipt: so a payer whose tap was torn reads it in the next. */
function payeeSays(state: PurseState, request: TagRequest | undefined): Bytes[] {
  const ticket = request === undefined ? newestOpenTicket(state) : ticketCell(state, request.ticketNo);
  if (ticket?.ticket === 'open') {
    if (state.lifecycle !== 'active') return [];
    const amount = request?.amount ?? ticket.entry.fields.maxAmount;
    return [object('ticket', storedMessage(ticket)), object('amount', amountBytes(amount))];
  }
  const receipt = request === undefined ? newestReceipt(state) : receiptCell(state, request.ticketNo);
  return receipt === undefined ? [] : [object('receipt', storedMessage(receipt))];
}

/**
 * The last payment whose Receipt has not come: a web page that wrote a request reads what came of it in its next tap only,
 * and by then power has gone.
 */
function payerSays(state: PurseState): Bytes[] {
  const payment = newest(state.cells.filter(isPayment).filter((c) => c.payment === 'open'));
  return payment === undefined ? [] : [object('payment', storedMessage(payment))];
}

const newestOpenTicket = (state: PurseState): TicketCell | undefined =>
  newest(state.cells.filter(isTicket).filter((c) => c.ticket === 'open'));

const newestReceipt = (state: PurseState): ReceiptCell | undefined => newest(state.cells.filter(isReceipt));

function newest<C extends Cell>(cells: readonly C[]): C | undefined {
  return cells.reduce<C | undefined>(
    (best, c) => (best === undefined || c.entry.fields.seq > best.entry.fields.seq ? c : best),
    undefined,
  );
}

/** Does what the message asks for, or refuses; what is to be read afterwards says which. */
export async function takeMessage(
  store: PurseStore,
  crypto: CryptoPort,
  options: TagOptions,
  message: Bytes,
): Promise<TagContent> {
  const asked = readWritten(message, options);
  if (asked === undefined) return { kind: 'status', status: 'malformed' };
  const ctx: Context = { store, crypto, session: newSession(), readCertificate: certificateReader() };
  const { cla, ins } = asked.command;
  const answer = await asked.command.run(ctx, { cla, ins, p1: 0, p2: 0, data: asked.data, ne: undefined });
  const { identity } = store.state;
  if (answer.sw === SW.ok && answer.data.length > 0 && identity !== undefined) {
    return objects(identity, answer.data);
  }
  return { kind: 'status', status: statusOfSw(answer.sw) ?? 'malformed' };
}

function readWritten(message: Bytes, options: TagOptions): { command: Command; data: Bytes } | undefined {
  try {
    const content = parseTagMessage(message, options.recordType);
    if (content.kind !== 'objects') return undefined;
    const takes = TAKES[options.role];
    const [command] = decodeTlvs(content.objects).flatMap(({ tag }) => takes.get(tag) ?? []);
    // Which objects may stand beside its message is the command's own business, and it is strict.
    return command && { command, data: content.objects };
  } catch (error) {
    if (error instanceof SokkinError) return undefined;
    throw error;
  }
}

const objects = (identity: Identity, ...said: Bytes[]): TagContent => ({
  kind: 'objects',
  objects: concat(...said, object('purse', identity.purse.bytes), object('issuer', identity.issuer.bytes)),
});
