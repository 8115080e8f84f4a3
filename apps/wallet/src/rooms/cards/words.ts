/** Why something was not done with a card, in both languages. What must hold: every outcome of a touch has words. */
import type { Language } from '@sokkin/ui';
import type { Undone } from '../../wallet/wallet.ts';
import { saysWhy } from '../../words.ts';

type Pair = readonly [en: string, ja: string];

const OF_CARDS: Readonly<Record<string, Pair>> = {
  insufficient_balance: ['The card does not hold that much.', 'カードの残高が足りません。'],
  over_payment_limit: ['That is more than the card pays at once.', 'カードの1回の上限を超えています。'],
  over_cumulative_limit: [
    'The card has paid all that it may until it meets its bank.',
    'カードが銀行と照合するまでの支払い上限に達しています。',
  ],
  over_holding_limit: ['The card would hold more than it may.', 'カードに入れられる上限を超えます。'],
  wrong_lifecycle: [
    'The card is not active: its bank has not opened it yet, or has blocked it.',
    'カードは有効ではありません。銀行がまだ開いていないか、停止しています。',
  ],
  pin_blocked: [
    'The PIN of the card is blocked. Compare the card with the bank: that may give the tries back.',
    'カードの暗証番号がロックされています。カードを銀行と照合すると解除されることがあります。',
  ],
  own_purse: ['These are one and the same card.', '同じカードどうしでは支払えません。'],
  ticket_spent: [
    'This was finished already: look at what the cards hold.',
    'すでに完了しています。カードの残高を確認してください。',
  ],
  card_error: ['This is no card of this kind.', 'このカードは使えません。'],
  untrusted_answer: [
    'The card could not prove that it is one: do not use it.',
    'カードが本物だと確認できません。使わないでください。',
  ],
  no_ticket: [
    'This phone can take nothing more for the card: hold the card here first.',
    'このスマホでは、もうカードの代わりに受け取れません。先にカードをかざしてください。',
  ],
  not_begun: ['There is nothing of the kind on this phone any more.', 'このスマホにはもうありません。'],
};

export function saysOfCard(undone: Undone, language: Language): string {
  const known = OF_CARDS[undone.status === 'said' ? undone.code : undone.status];
  return known?.[language === 'en' ? 0 : 1] ?? saysWhy(undone, { language, by: 'other' });
}
