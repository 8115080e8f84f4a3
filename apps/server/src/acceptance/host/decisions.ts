/**
 * From a message to its answer, in time: the desk's, or the host's own where the desk's does not come.
 *
 * What must hold: a message and its repeats that are worked on at the same time are one question to the desk, and have one answer; who is
 * told that nothing was decided is told so after it is on disk that whatever was decided is taken back; an answer of the desk that comes
 * later goes to nobody. `answer` never fails.
 */
import { encodeIso, type IsoMessage, isoMatchingKey } from '@sokkin/codec';
import type { AcceptanceOutcome } from '@sokkin/issuer';
import type { ShopAnswer, ShopMessage } from '../desk.ts';
import { refusal } from './answers.ts';
import type { DeskGate, DeskReply } from './desk-gate.ts';
import type { HostMetrics } from './host-metrics.ts';
import type { HostLink } from './links.ts';
import { type HostLog, nameOfMessage } from './log.ts';
import type { Owed, OwedKind } from './owed.ts';
import type { Spool } from './spool.ts';
import { purchaseOf, type StandIn } from './stand-in.ts';

export interface DecisionParts {
  readonly gate: DeskGate;
  readonly spool: Spool;
  readonly standIn: StandIn;
  readonly metrics: HostMetrics;
  readonly log: HostLog;
  readonly clock: () => Date;
  readonly newId: () => string;
  /** Six characters for DE 38, where stand-in approves. */
  readonly approvalCode: () => string;
  /** Something new is owed. */
  readonly owing: () => void;
}

interface Running {
  readonly print: string;
  readonly answer: Promise<ShopAnswer>;
}

/** Fields that tell a message from another one under the same key. */
const PRINTED = [2, 3, 4, 35, 49] as const;
/** PIN block, and the codes. */
const NOT_KEPT = [52, 64, 128] as const;
const TERMINAL = 41;
/** Processing code, and what it begins with. */
const [PROCESSING, REFUND] = [3, '20'];

export class Decisions {
  readonly #parts: DecisionParts;
  readonly #running = new Map<string, Running>();

  constructor(parts: DecisionParts) {
    this.#parts = parts;
  }

  get inFlight(): number {
    return this.#running.size;
  }

  answer(link: HostLink, message: IsoMessage): Promise<ShopAnswer> {
    const key = isoMatchingKey(link.profile, message);
    if (this.#parts.spool.owesReversal(link.row.id, key)) return Promise.resolve(refusal('timed_out'));
    const name = `${link.row.id} ${key}`;
    const print = printOf(message);
    const before = this.#running.get(name);
    if (before?.print === print) return before.answer;
    const { institution: acquirer } = link.row;
    const receivedAt = this.#parts.clock().getTime();
    const answer = this.#decide(link, key, { acquirer, profile: link.profile, message, receivedAt });
    // The same number for something else is the desk's to refuse, and has nothing to wait for.
    if (before !== undefined) return answer;
    const running = { print, answer };
    this.#running.set(name, running);
    return answer.finally(() => this.#running.delete(name));
  }

  /** Its approval could not be handed over: the connection was gone. */
  async notHandedOver(link: HostLink, message: IsoMessage, answer: ShopAnswer): Promise<void> {
    if (link.row.settings.lostAnswers === 'keep' || answer.approved === 0n || !movesMoney(message)) return;
    const { acquirer, profile } = { acquirer: link.row.institution, profile: link.profile };
    const shop = { acquirer, profile, message, receivedAt: this.#parts.clock().getTime() };
    await this.#owe('reversal', link, isoMatchingKey(profile, message), shop, refusal('timed_out'));
  }

  async #decide(link: HostLink, key: string, shop: ShopMessage): Promise<ShopAnswer> {
    const reply = await within(link.row.settings.timeoutMs, this.#parts.gate.ask(shop));
    if (reply === 'late') return this.#unknown('timed_out', link, key, shop);
    if (reply.kind === 'answer') return reply.answer;
    if (reply.why !== undefined)
      this.#parts.log.warn({ err: reply.why, link: link.row.id }, 'the desk could not be asked');
    return this.#withoutDesk(link, key, shop, reply);
  }

  /** The desk may have decided, and will not be heard any more. */
  async #unknown(
    outcome: AcceptanceOutcome,
    link: HostLink,
    key: string,
    shop: ShopMessage,
  ): Promise<ShopAnswer> {
    const name = nameOfMessage(shop.message);
    this.#parts.log.warn({ ...name, link: link.row.id, outcome }, 'answered without a decision');
    if (movesMoney(shop.message)) await this.#owe('reversal', link, key, shop, refusal(outcome));
    return refusal(outcome);
  }

  async #withoutDesk(
    link: HostLink,
    key: string,
    shop: ShopMessage,
    { wasAsked }: Extract<DeskReply, { kind: 'away' }>,
  ): Promise<ShopAnswer> {
    const standIn = await this.#standIn(link, key, shop);
    if (standIn !== undefined) return standIn;
    return wasAsked ? this.#unknown('issuer_unavailable', link, key, shop) : refusal('issuer_unavailable');
  }

  /** undefined: stand-in does not answer it. */
  async #standIn(link: HostLink, key: string, shop: ShopMessage): Promise<ShopAnswer | undefined> {
    const { standIn: limits } = link.row.settings;
    if (limits === undefined) return undefined;
    const { message } = shop;
    if (
      message.mti.class !== 'reconciliation' &&
      (message.mti.class === 'reversal' || message.mti.function === 'advice')
    ) {
      const outcome = message.mti.class === 'reversal' ? 'reversal_accepted' : 'advice_accepted';
      return (await this.#owe('taken', link, key, shop, refusal(outcome))) ? refusal(outcome) : undefined;
    }
    const purchase = purchaseOf(message);
    if (purchase === undefined || !this.#parts.standIn.take(link.row.id, limits, purchase)) return undefined;
    const approvalCode = this.#parts.approvalCode();
    const answer: ShopAnswer = { ...refusal('approved'), approved: purchase.amount, approvalCode };
    if (await this.#owe('approved', link, key, shop, answer)) return answer;
    this.#parts.standIn.release(link.row.id, purchase);
    return undefined;
  }

  /** False: it could not be put on disk; a reversal is then the terminal's own alone. */
  async #owe(
    kind: OwedKind,
    link: HostLink,
    key: string,
    { acquirer, profile, message, receivedAt }: ShopMessage,
    { approved, approvalCode }: ShopAnswer,
  ): Promise<boolean> {
    const fields = new Map(message.fields);
    for (const field of NOT_KEPT) fields.delete(field);
    const owed: Owed = {
      ...{
        id: this.#parts.newId(),
        kind,
        link: link.row.id,
        acquirer,
        key,
        receivedAt,
        approved,
        approvalCode,
      },
      octets: encodeIso(profile, { ...message, fields }),
      lane: String(fields.get(TERMINAL) ?? ''),
    };
    try {
      await this.#parts.spool.owe(owed);
    } catch (error) {
      this.#parts.log.error(
        { err: error, link: link.row.id, kind },
        'what is owed could not be written down',
      );
      return false;
    }
    this.#parts.owing();
    return true;
  }
}

/** A request that may move money: what is not known of it must be taken back. */
const movesMoney = (message: IsoMessage): boolean =>
  message.mti.function === 'request' &&
  (message.mti.class === 'authorisation' || message.mti.class === 'financial') &&
  !isRefund(message);

/** A refund stands once it was made (docs/acceptance.md, 2): whoever got no decision says it again. */
const isRefund = ({ fields }: IsoMessage): boolean => String(fields.get(PROCESSING)).startsWith(REFUND);

const printOf = ({ mti, fields }: IsoMessage): string =>
  [mti.class, mti.function, ...PRINTED.map((n) => String(fields.get(n)))].join('|');

function within<T>(ms: number, work: Promise<T>): Promise<T | 'late'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
