/** Why the shop did not do something, in both languages. What must hold: every code of the shop has words; what has none says what was told. */
import { catalogue, useTexts } from '@sokkin/ui';
import type { No, NoCode } from './shop/view.ts';

const TEXTS = catalogue(
  {
    not_allowed: 'Only a manager may do that. Sign in as one.',
    wrong_pin: 'Wrong PIN.',
    wait: 'Too many wrong PINs. Wait a little.',
    bad_pin: 'A PIN has 4 to 8 digits.',
    bad_name: 'A name has 1 to 60 characters, and nobody else may have it.',
    bad_amount: 'That amount cannot be taken.',
    last_manager: 'Somebody has to be the manager: this is the last one.',
    unknown: 'It is not there any more.',
    sale_running: 'A sale is running. Finish it first.',
    not_refundable: 'It cannot be refunded: it was refunded already, or was never paid.',
    queue_waits: 'Some payments were not sent yet. Send them first.',
    backend_unreachable: 'The bank cannot be reached. Nothing is lost: try again when there is a network.',
    backend_refused: 'The bank refused it.',
    unknown_code:
      'This code is not good: look for a mistake in it, or ask your acquirer for a new one. It counts for a day and one device.',
    no_sandbox:
      'This bank works with real money and has no shops to try. Enrol with a code of your acquirer.',
    not_paired: 'The reader is not paired. Type the code that the bridge shows.',
    reader_failed: 'The reader does not answer. Look at its cable, then try again.',
    nothing_to_sweep: 'There is nothing to move.',
    purse_refused: 'The purse of the shop refused it. Go online once, then try again.',
    storage_full: 'This device has no room left. Nothing was changed: make room, then try again.',
  } satisfies Record<NoCode, string>,
  {
    not_allowed: '店長の権限が必要です。店長でサインインしてください。',
    wrong_pin: '暗証番号が違います。',
    wait: '暗証番号の間違いが続きました。少し待ってください。',
    bad_pin: '暗証番号は4～8桁です。',
    bad_name: '名前は1～60文字で、他と重ならないものにしてください。',
    bad_amount: 'この金額は使えません。',
    last_manager: '店長が1人は必要です。最後の店長は変更できません。',
    unknown: '見つかりません。',
    sale_running: '会計中です。先に終わらせてください。',
    not_refundable: '返金できません。返金済みか、支払われていません。',
    queue_waits: '未送信の会計があります。先に送信してください。',
    backend_unreachable: '銀行に接続できません。データは失われません。接続が戻ったらやり直してください。',
    backend_refused: '銀行が受け付けませんでした。',
    unknown_code:
      'このコードは使えません。入力を確認するか、契約会社に新しいコードを頼んでください。有効なのは1日、1台だけです。',
    no_sandbox: 'この銀行は本番用で、お試しの店は作れません。契約会社のコードで登録してください。',
    not_paired: 'リーダーが登録されていません。ブリッジに表示されたコードを入力してください。',
    reader_failed: 'リーダーが応答しません。ケーブルを確認してやり直してください。',
    nothing_to_sweep: '移すお金がありません。',
    purse_refused: 'お店のウォレットが受け付けませんでした。一度オンラインにしてください。',
    storage_full: '端末の空き容量がありません。何も変更していません。空きを作ってからやり直してください。',
  } satisfies Record<NoCode, string>,
);

export function useNoWords(): (no: No) => string {
  const t = useTexts(TEXTS);
  return ({ code, message }) => (isOurs(code) ? t[code] : message);
}

const isOurs = (code: string): code is NoCode => Object.hasOwn(TEXTS.en, code);
