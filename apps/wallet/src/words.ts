/**
 * Why something was not done, in both languages, with the figures that help (invariant I2: and whether anything was paid).
 *
 * What must hold: every outcome that a screen can meet has words; what has none of its own gets those that say where to go.
 */
import type { ClassLimits, Limits, Summary } from '@sokkin/purse';
import { type Language, moneyText } from '@sokkin/ui';
import type { Undone } from './wallet/wallet.ts';

export interface Scene {
  readonly language: Language;
  readonly amount?: bigint | undefined;
  readonly purse?: Summary | undefined;
  readonly limits?: Limits | undefined;
  /** Whose no it is. */
  readonly by?: 'own' | 'other' | undefined;
}

type Pair = readonly [en: string, ja: string];

const plain: Readonly<Record<string, Pair>> = {
  wrong_lifecycle: ['This purse cannot be used: it is not active.', 'このウォレットは有効になっていません。'],
  own_purse: ['That is your own purse.', '自分のウォレットには支払えません。'],
  pin_required: ['The PIN is needed for this amount.', 'この金額には暗証番号が必要です。'],
  pin_blocked: [
    'The PIN is blocked. Your bank may give the tries back when you are online.',
    '暗証番号がロックされています。オンラインにすると、銀行が解除することがあります。',
  ],
  malformed: ['That is not a PIN: 4 digits are needed.', '暗証番号は4桁です。'],
  over_count_limit: [
    'Too many payments since you were last online. Go online once.',
    'オフラインでの支払い回数の上限です。一度オンラインにしてください。',
  ],
  ticket_spent: [
    'This payment was finished already. Look at your activity.',
    'この支払いはすでに完了しています。取引履歴を見てください。',
  ],
  ticket_window_full: [
    'Too many requests are open. Go online once.',
    '受け取り待ちが多すぎます。一度オンラインにしてください。',
  ],
  outgoing_window_full: [
    'Too many payments wait to arrive. Go online once.',
    '送金中の支払いが多すぎます。一度オンラインにしてください。',
  ],
  journal_full: [
    'The memory of the purse is full. Go online once.',
    '記録がいっぱいです。一度オンラインにしてください。',
  ],
  certificate_expired: [
    'A certificate has expired. Go online to renew it.',
    '証明書の期限が切れています。オンラインで更新してください。',
  ],
  counterparty_blocked: ['The other purse is blocked.', '相手のウォレットは停止されています。'],
  backend_unreachable: [
    'Your bank cannot be reached. What was begun is kept: try again.',
    '銀行につながりません。途中の処理は保存されています。',
  ],
  block_list_outdated: [
    'You were offline for too long: the list of blocked purses is too old. Go online once.',
    'オフラインの期間が長すぎます（停止リストが古くなりました）。一度オンラインにしてください。',
  ],
  bad_link: [
    'This is no request, contact or code of a wallet.',
    '請求、連絡先、コードのどれでもありません。',
  ],
  issuer_unknown: [
    'This purse is of a bank that this wallet does not know. Go online once.',
    'このウォレットの銀行が確認できません。一度オンラインにしてください。',
  ],
  request_over: ['This request is not open any more.', 'この請求はもう受け付けていません。'],
  no_evidence: [
    'Nothing signed is left of this payment here.',
    'この取引の署名付き記録は、この端末に残っていません。',
  ],
  purse_not_empty: [
    'Something that you paid has not arrived yet. Try again when it has.',
    'まだ届いていない支払いがあります。届いてからもう一度お試しください。',
  ],
  no_account: [
    'This code leads to no account. Ask your bank.',
    'このコードには口座がありません。銀行に確認してください。',
  ],
  device_refused: [
    'Your bank does not know this phone any more. If it was given up and is found: join again with a code.',
    '銀行はこのスマホを認識していません。停止したものが見つかった場合は、コードで登録し直してください。',
  ],
  other_account: [
    'This code is of another account than the money in this phone.',
    'このコードは、このスマホのお金とは別の口座のものです。',
  ],
  storage_full: [
    'This device has no room left to keep money safely. Delete files or apps that you do not need, then try again. Do not clear the data of this browser: your money is in it.',
    'この端末の空き容量が足りず、お金を安全に保存できません。不要なファイルやアプリを削除してから、もう一度お試しください。ブラウザのデータは消さないでください。お金が入っています。',
  ],
  memory_failed: [
    'The purse could not be written to. Open this page again: nothing is lost.',
    'ウォレットに書き込めませんでした。このページを開き直してください。お金は失われていません。',
  ],
  purse_in_use: ['The wallet is open in another tab.', '別のタブで開いています。'],
};

/** Sentences with figures; undefined: there are none to tell. */
function withFigures(status: string, scene: Scene): Pair | undefined {
  const { purse, limits, language } = scene;
  if (purse === undefined || limits === undefined || scene.by === 'other') return undefined;
  const money = (amount: bigint) => moneyText(amount < 0n ? 0n : amount, language);
  const row: ClassLimits = limits.byClass[2];
  switch (status) {
    case 'insufficient_balance':
      return [`You have ${money(purse.balance)}.`, `残高は${money(purse.balance)}です。`];
    case 'over_payment_limit':
      return [`At most ${money(row.perPayment)} at once.`, `1回の上限は${money(row.perPayment)}です。`];
    case 'over_cumulative_limit': {
      const left = money(row.cumulative - purse.spent[2]);
      return [`${left} more until you are online.`, `オンラインになるまで、あと${left}です。`];
    }
    case 'over_holding_limit': {
      const room = money(limits.holding - purse.balance - purse.reserved);
      return [`Your wallet can take ${room} more.`, `ウォレットに入るのは、あと${room}です。`];
    }
    default:
      return undefined;
  }
}

/** One sentence. */
export function saysWhy(undone: Undone, scene: Scene): string {
  const at = scene.language === 'en' ? 0 : 1;
  if (undone.status === 'pin_wrong') {
    const n = undone.triesLeft;
    return (
      [`Wrong PIN: ${n === 1 ? 'one try' : `${n} tries`} left.`, `暗証番号が違います。あと${n}回です。`][
        at
      ] ?? ''
    );
  }
  if (undone.status === 'said') return plain[undone.code]?.[at] ?? undone.message;
  if (undone.status === 'untrusted_answer')
    return (
      ['The other side gave an answer that cannot be believed.', '相手の応答を確認できませんでした。'][at] ??
      ''
    );
  const known = withFigures(undone.status, scene)?.[at] ?? plain[undone.status]?.[at];
  if (known !== undefined) return known;
  const other = { insufficient_balance: ['The payer does not have enough.', '相手の残高が足りません。'] }[
    undone.status as string
  ];
  return (
    other?.[at] ??
    [`It was refused (${undone.status}).`, `受け付けられませんでした（${undone.status}）。`][at] ??
    ''
  );
}
