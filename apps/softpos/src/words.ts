/**
 * What a cashier is told, in both languages: what to do with a card, by which way it was paid, why it was not, and what to do then.
 *
 * What must hold: every hint, way and reason of the acceptance SDK has words; a reason never says more of the payer than that the card was not taken and
 * what helps, and always whether anything was paid.
 */
import type { DeclineReason, Hint, Way } from '@sokkin/sdk/acceptance';
import { catalogue } from '@sokkin/ui';

export const HINTS = catalogue(
  {
    present: 'Hold the card or phone here',
    tap_again: 'Hold the same card here again',
    other_card: 'Please try another card',
    see_phone: 'Look at the phone, then hold it here again',
    same_card: 'Hold the card here that has paid',
  } satisfies Record<Hint, string>,
  {
    present: 'カードまたはスマホをかざしてください',
    tap_again: '同じカードをもう一度かざしてください',
    other_card: '別のカードをかざしてください',
    see_phone: 'スマホの画面を確認して、もう一度かざしてください',
    same_card: '支払いに使ったカードをかざしてください',
  },
);

/** What stands under a hint, where there is more to say. */
export const HINT_WHYS = catalogue(
  {
    present: '',
    tap_again: 'It left too early, so nobody knows yet. Nothing is paid twice.',
    other_card: 'This one cannot be used here. Nothing was paid.',
    see_phone: 'It wants its owner to agree. Nothing was paid yet.',
    same_card: 'This is another one. Money goes back to where it came from.',
  } satisfies Record<Hint, string>,
  {
    present: '',
    tap_again: '早く離れたため、まだ結果が分かりません。二重に支払われることはありません。',
    other_card: 'このカードは使えません。支払いはされていません。',
    see_phone: '持ち主の確認が必要です。まだ支払われていません。',
    same_card: '別のカードです。お金は元の支払い元に戻ります。',
  },
);

export const WAYS = catalogue(
  {
    purse: 'Digital cash',
    emv_offline: 'Card, offline',
    emv_online: 'Card',
  } satisfies Record<Way, string>,
  {
    purse: 'デジタル現金',
    emv_offline: 'カード（オフライン）',
    emv_online: 'カード',
  },
);

export const REASONS = catalogue(
  {
    insufficient_balance: 'There is not enough money on it.',
    over_limit: 'The amount is above what may be paid offline at once.',
    pin_needed: 'A PIN is needed, and was not given.',
    pin_blocked: 'Its PIN is blocked.',
    card_blocked: 'It has been blocked.',
    card_expired: 'It has expired.',
    card_refuses: 'It refused the payment.',
    not_believed: 'It could not be verified.',
    own_purse: 'It is the purse of this shop.',
    declined_by_card: 'The card refused the payment.',
    declined_by_terminal: 'This card may not be taken here for this amount.',
    declined_by_issuer: 'The bank of the card refused the payment.',
    issuer_unreachable: 'The bank of the card cannot be reached.',
    amount_not_allowed: 'This amount cannot be taken.',
    not_refundable: 'It cannot be refunded: it was refunded already, or was never paid.',
    reader_failed: 'The reader does not answer.',
  } satisfies Record<DeclineReason, string>,
  {
    insufficient_balance: '残高が足りません。',
    over_limit: 'オフラインで1回に支払える上限を超えています。',
    pin_needed: '暗証番号が必要ですが、入力されませんでした。',
    pin_blocked: '暗証番号がロックされています。',
    card_blocked: '利用が停止されています。',
    card_expired: '有効期限が切れています。',
    card_refuses: '支払いを受け付けませんでした。',
    not_believed: '本物と確認できませんでした。',
    own_purse: 'このお店自身のウォレットです。',
    declined_by_card: 'カードが支払いを受け付けませんでした。',
    declined_by_terminal: 'このカードではこの金額を受け付けられません。',
    declined_by_issuer: 'カード会社が承認しませんでした。',
    issuer_unreachable: 'カード会社に接続できません。',
    amount_not_allowed: 'この金額は受け付けられません。',
    not_refundable: '返金できません。返金済みか、支払われていません。',
    reader_failed: 'リーダーが応答しません。',
  },
);

export const REMEDIES = catalogue(
  {
    insufficient_balance: 'Ask for another card or phone.',
    over_limit: 'Ask for another card, or go online and try again.',
    pin_needed: 'Start again, and let the payer type it.',
    pin_blocked: 'The payer unblocks it at the bank. Ask for another card.',
    card_blocked: 'Ask for another card. The payer asks the bank.',
    card_expired: 'Ask for another card.',
    card_refuses: 'Ask for another card or phone.',
    not_believed: 'Do not hand over goods for it. Ask for another card.',
    own_purse: 'Ask for the card or phone of the payer.',
    declined_by_card: 'Ask for another card.',
    declined_by_terminal: 'Ask for another card or phone.',
    declined_by_issuer: 'Ask for another card. The payer asks the bank.',
    issuer_unreachable: 'Try again in a moment, or ask for a phone or card that pays offline.',
    amount_not_allowed: 'Check the amount.',
    not_refundable: 'Look at the sale in the history.',
    reader_failed: 'Look at the reader under Settings, then start again.',
  } satisfies Record<DeclineReason, string>,
  {
    insufficient_balance: '別のカードかスマホをお願いしてください。',
    over_limit: '別のカードをお願いするか、オンラインになってからやり直してください。',
    pin_needed: 'やり直して、お客様に入力していただいてください。',
    pin_blocked: '解除は銀行で行えます。別のカードをお願いしてください。',
    card_blocked: '別のカードをお願いしてください。理由は銀行で確認できます。',
    card_expired: '別のカードをお願いしてください。',
    card_refuses: '別のカードかスマホをお願いしてください。',
    not_believed: '商品を渡さず、別のカードをお願いしてください。',
    own_purse: 'お客様のカードかスマホをかざしてもらってください。',
    declined_by_card: '別のカードをお願いしてください。',
    declined_by_terminal: '別のカードかスマホをお願いしてください。',
    declined_by_issuer: '別のカードをお願いしてください。理由はカード会社で確認できます。',
    issuer_unreachable: '少し待ってやり直すか、オフラインで払えるスマホかカードをお願いしてください。',
    amount_not_allowed: '金額を確認してください。',
    not_refundable: '履歴でこの取引を確認してください。',
    reader_failed: '設定でリーダーを確認してから、やり直してください。',
  },
);
