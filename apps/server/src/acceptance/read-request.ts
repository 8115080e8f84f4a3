/**
 * From a message of an acquirer, of either version, to one typed request (docs/acceptance.md, section 2).
 *
 * What must hold: what comes out is whole and bounded, or names the field that is wrong; a repeat (0201) comes out as its first did;
 * a payment's key is made of what the field of original data elements of its reversal has too: terminal, trace number, time.
 */
import { hash } from 'node:crypto';
import { type IsoMessage, isoMatchingKey } from '@sokkin/codec';
import type { ShopMessage } from './desk.ts';
import { amountIn, matching, required, textIn, Wrong } from './fields.ts';
import { assertSigned, entryOf, isOfflineApproval, readCard, TABLE } from './read-card.ts';
import type { CardSaid, FollowUp, OriginalSaid, Said, ShopRequest, Unreadable } from './request.ts';

/** ISO 4217 of the back-end's money: letters and digits. */
export interface Money {
  readonly letters: string;
  readonly digits: string;
}

export function readRequest(shop: ShopMessage, money: Money): ShopRequest | Unreadable {
  try {
    return read(shop, money);
  } catch (error) {
    if (error instanceof Wrong) return error.refusal;
    throw error;
  }
}

function read(shop: ShopMessage, money: Money): ShopRequest {
  const { mti } = shop.message;
  switch (mti.class) {
    case 'authorisation':
    case 'financial':
      return mti.function === 'advice' ? readAdvice(shop, money) : readAsked(shop, money);
    case 'reversal':
      return readReversal(shop, money);
    case 'reconciliation':
      return readReconciliation(shop);
    default:
      throw new Wrong(0, 'messages of this class ask for no money', 'transaction_invalid');
  }
}

const REFUNDS = new Set(['20']);
const INQUIRIES = new Set(['30', '31']);
/** Goods and services; cash; goods with cash. */
const PURCHASES = new Set(['00', '01', '09']);
type Wish = 'purchase' | 'refund' | 'inquiry';

function wishOf(message: IsoMessage): Wish {
  const code = required(matching(message, 3, /^\d{6}$/), 3).slice(0, 2);
  if (PURCHASES.has(code)) return 'purchase';
  if (REFUNDS.has(code)) return 'refund';
  if (INQUIRIES.has(code)) return 'inquiry';
  throw new Wrong(3, 'this is not done here', 'transaction_invalid');
}

const kindOf = ({ mti }: IsoMessage): 'hold' | 'pay' => (mti.class === 'authorisation' ? 'hold' : 'pay');

function readAsked(shop: ShopMessage, money: Money): ShopRequest {
  const { message } = shop;
  const wish = wishOf(message);
  const card = readCard(message, wish === 'refund' ? TABLE.reversal : TABLE.request);
  if (wish === 'inquiry') return { kind: 'balance', card, said: saidOf(shop, money, card, [wish]) };
  const amount = amountOf(message);
  if (wish === 'refund') return refundOf(shop, money, card, amount);
  const kind = kindOf(message);
  assertSigned(card, amount, currencyOf(message, money));
  return { kind, card, amount, said: saidOf(shop, money, card, [kind, amount]) };
}

function refundOf(shop: ShopMessage, money: Money, card: CardSaid, amount: bigint): FollowUp {
  const original = originalOf(shop, false);
  const said = saidOf(shop, money, card, ['refund', amount, ...namesOf(original)]);
  return { kind: 'refund', card, amount, original, said };
}

/**
 * Told after the fact: of goods that are out for what was held, of an approval that the card gave offline, or of one that somebody
 * gave in our place.
 */
function readAdvice(shop: ShopMessage, money: Money): ShopRequest {
  const { message } = shop;
  const wish = wishOf(message);
  const card = readCard(message, wish === 'refund' ? TABLE.reversal : TABLE.advice);
  const amount = amountOf(message);
  if (wish === 'refund') return refundOf(shop, money, card, amount);
  if (wish === 'inquiry') throw new Wrong(3, 'an advice asks nothing', 'transaction_invalid');
  const original = originalOf(shop, false);
  const { chip } = card;
  const namesOne = original.key !== undefined || original.stan !== undefined;
  if (chip !== undefined && !namesOne && isOfflineApproval(chip)) {
    assertSigned(card, amount, currencyOf(message, money));
    const said = saidOf(shop, money, card, ['offline', amount]);
    return { kind: 'offline_approval', card: { ...card, chip }, amount, said };
  }
  const said = saidOf(shop, money, card, ['capture', amount, ...namesOf(original)]);
  const otherwise = namesOne ? undefined : kindOf(message);
  return { kind: 'capture', card, amount, last: true, original, otherwise, said };
}

/** Of 1987, field 95 has what is left; of 1993, field 4 has it where the function code says that something is (401). */
function readReversal(shop: ShopMessage, money: Money): ShopRequest {
  const { message } = shop;
  const card = readCard(message, TABLE.reversal);
  const original = originalOf(shop, true);
  const keep = keptOf(message);
  return {
    kind: 'reverse',
    card,
    keep,
    original,
    said: saidOf(shop, money, card, ['reverse', keep, ...namesOf(original)]),
  };
}

const PARTIAL_REVERSAL = '401';

function keptOf(message: IsoMessage): bigint {
  if (message.mti.version === '1987') {
    const replaced = matching(message, 95, /^\d{12}/);
    return replaced === undefined ? 0n : BigInt(replaced.slice(0, 12));
  }
  return matching(message, 24, /^\d{3}$/) === PARTIAL_REVERSAL ? amountOf(message) : 0n;
}

function readReconciliation({ acquirer, profile, message, receivedAt: at }: ShopMessage): ShopRequest {
  const key = digest('reconciliation', acquirer, isoMatchingKey(profile, message));
  const totals = [...message.fields]
    .filter(([field]) => !NOT_SAID.has(field))
    .map(([field]) => [field, textOrAmount(message, field)]);
  return { kind: 'reconciliation', acquirer, key, fingerprint: digest(JSON.stringify(totals)), at };
}

/** Time of sending, and the codes over the message: they differ between a message and its repeat. */
const NOT_SAID: ReadonlySet<number> = new Set([7, 64, 128]);

function textOrAmount(message: IsoMessage, field: number): string {
  const value = message.fields.get(field);
  if (typeof value === 'object' && value !== null && 'sign' in value) return `${value.sign}${value.amount}`;
  return typeof value === 'bigint' ? value.toString() : (textIn(message, field) ?? '');
}

function amountOf(message: IsoMessage): bigint {
  return required(amountIn(message, 4), 4);
}

/** Digits, where letters came, too. The account decides whether it is its currency. */
function currencyOf(message: IsoMessage, money: Money): string {
  const code = required(matching(message, 49, /^(\d{3}|[A-Z]{3})$/), 49);
  return code === money.letters ? money.digits : code;
}

function saidOf(
  shop: ShopMessage,
  money: Money,
  { number, chip }: CardSaid,
  asks: readonly (string | bigint)[],
): Said {
  const { acquirer, message, receivedAt: at } = shop;
  const acceptor = required(matching(message, 42, /^[!-~]([ -~]{0,13}[!-~])?$/), 42);
  const terminal = required(matching(message, 41, /^[!-~]([ -~]{0,14}[!-~])?$/), 41);
  const stan = required(matching(message, 11, /^\d{6}$/), 11);
  const currency = currencyOf(message, money);
  const entry = entryOf(message, { number, chip, sequence: '', expiry: undefined });
  // The end of the number is enough to tell cards of one account apart; a hash of all of it would give it away.
  const card = [number.slice(-4), chip?.get(0x9f36)?.join() ?? '', chip?.get(0x9f26)?.join() ?? ''];
  const isReversal = message.mti.class === 'reversal';
  const fingerprint = digest(...asks.map(String), currency, acceptor, ...(isReversal ? [] : card));
  const key = isReversal
    ? digest('reversal', acquirer, isoMatchingKey(shop.profile, message))
    : keyOf({ acquirer, terminal, stan, time: ownTimeOf(shop), isAdvice: message.mti.function === 'advice' });
  const rrn = matching(message, 37, /^[ -~]{1,12}$/);
  return { acquirer, key, fingerprint, acceptor, terminal, stan, rrn, currency, entry, at };
}

interface Named {
  readonly acquirer: string;
  readonly terminal: string;
  readonly stan: string;
  /** As far as it tells payments apart in this dialect. */
  readonly time: string;
  readonly isAdvice: boolean;
}

const keyOf = ({ acquirer, terminal, stan, time, isAdvice }: Named): string =>
  digest(isAdvice ? 'advice' : 'request', acquirer, terminal, stan, time);

/** The field of the time that field 90 or 56 repeats; a dialect whose repeats are stamped anew does not match by it. */
const timeFieldOf = ({ profile }: ShopMessage): 7 | 12 | undefined => {
  if (profile.version === '1993') return 12;
  return profile.match.includes(7) ? 7 : undefined;
};

function ownTimeOf(shop: ShopMessage): string {
  const field = timeFieldOf(shop);
  if (field === undefined) return '';
  return required(matching(shop.message, field, field === 7 ? /^\d{10}$/ : /^\d{12}$/), field);
}

/**
 * What a message is about: by the field of original data elements (90 of 1987, 56 of 1993); without it by the retrieval reference, and a
 * reversal by its own trace number and time, as it may be a copy of its original.
 */
function originalOf(shop: ShopMessage, mayCopy: boolean): OriginalSaid {
  const { acquirer, message } = shop;
  const rrn = matching(message, 37, /^[ -~]{1,12}$/);
  const terminal = required(matching(message, 41, /^[!-~]([ -~]{0,14}[!-~])?$/), 41);
  const is1987 = message.mti.version === '1987';
  const elements = is1987 ? matching(message, 90, /^\d{20,42}$/) : matching(message, 56, /^\d{22,35}$/);
  if (elements !== undefined) {
    const stan = elements.slice(4, 10);
    const time = elements.slice(10, is1987 ? 20 : 22);
    const isAdvice = elements.charAt(2) === '2';
    const isUntimed = timeFieldOf(shop) === undefined;
    // Zeros: the terminal does not know it any more.
    if (!isUntimed && /^0*$/.test(time)) return { key: undefined, rrn, stan };
    return { key: keyOf({ acquirer, terminal, stan, time: isUntimed ? '' : time, isAdvice }), rrn, stan };
  }
  if (!mayCopy) return { key: undefined, rrn, stan: undefined };
  const stan = required(matching(message, 11, /^\d{6}$/), 11);
  return {
    key: keyOf({ acquirer, terminal, stan, time: ownTimeOf(shop), isAdvice: false }),
    rrn,
    stan: undefined,
  };
}

const namesOf = ({ key, rrn, stan }: OriginalSaid): string[] => [key ?? '', rrn ?? '', stan ?? ''];

/** 128 bits: nobody finds two by chance, and who sends wrong ones hurts themselves alone. */
const digest = (...parts: readonly string[]): string =>
  hash('sha256', JSON.stringify(parts), 'hex').slice(0, 32);
