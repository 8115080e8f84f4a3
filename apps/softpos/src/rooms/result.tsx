/**
 * How a sale or a refund ended: over the whole screen, until somebody dismisses it.
 *
 * What must hold: approved and not approved cannot be taken for each other by eye, ear or hand; a refusal says why and what to do; where nobody can know whether
 * the payer was debited, it says what becomes of the money.
 */
import { Badge, Button, catalogue, FullResult, useTexts } from '@sokkin/ui';
import { ArrowRight, ReceiptText as ReceiptIcon, RotateCcw } from 'lucide-react';
import type { ResultShown, SaleShown } from '../shop/view.ts';
import { REASONS, REMEDIES, WAYS } from '../words.ts';

const TEXTS = catalogue(
  {
    approved: 'Paid',
    refunded: 'Refunded',
    before: 'It was paid by the earlier tap. This one took nothing.',
    declined: 'Not paid',
    notRefunded: 'Not refunded',
    cancelled: 'Cancelled',
    nothing: 'Nothing was paid.',
    maybe: 'The card left too early. If it was debited, the money goes back to the payer by itself.',
    kept: 'Paid, and not booked yet',
    keptWhy: 'The payer has paid. The till takes the money as soon as it can: do not clear its data.',
    failed: 'Not known yet',
    failedWhy:
      'The till met a fault. What became of this payment stands in the history after the next start.',
    noRoom: 'Not charged',
    noRoomWhy: 'This device has no room left to keep a sale. Nobody was asked to pay.',
    noRoomBack: 'This device has no room left to keep a refund. Nothing was given back.',
    noRoomHelp: 'Delete pictures or apps from it, then try again.',
    noRoomNot:
      'Do not clear the data of this browser: the history, and sales that were not sent yet, are in it.',
    offline: 'Without a network: it is kept, and sent later',
    next: 'Next sale',
    done: 'Done',
    again: 'Try again',
    receipt: 'Receipt',
    signature: 'The payer signs the receipt',
  },
  {
    approved: '支払い完了',
    refunded: '返金完了',
    before: '先ほどのタッチで支払われていました。今回は引き落としていません。',
    declined: '支払われていません',
    notRefunded: '返金されていません',
    cancelled: '中止しました',
    nothing: '支払いはされていません。',
    maybe: 'カードが早く離れました。もし引き落とされていても、自動でお客様に戻ります。',
    kept: '支払い済み（記帳待ち）',
    keptWhy: 'お客様の支払いは済んでいます。記帳は自動で行われます。端末のデータを消さないでください。',
    failed: 'まだ分かりません',
    failedWhy: 'アプリに問題が起きました。この支払いの結果は、次に起動したあと履歴で確認できます。',
    noRoom: '会計を始めていません',
    noRoomWhy: '端末の空き容量がなく、会計を保存できません。お客様には請求していません。',
    noRoomBack: '端末の空き容量がなく、返金を保存できません。返金はされていません。',
    noRoomHelp: '端末の写真やアプリを減らしてから、もう一度お試しください。',
    noRoomNot: 'ブラウザのデータは消さないでください。履歴と未送信の会計が入っています。',
    offline: 'オフラインで受け付け、あとで送信します',
    next: '次の会計へ',
    done: '閉じる',
    again: 'もう一度',
    receipt: 'レシート',
    signature: 'レシートに署名をもらってください',
  },
);

export interface ResultProps {
  readonly sale: SaleShown;
  readonly result: ResultShown;
  readonly onNext: () => void;
  readonly onAgain: () => void;
  readonly onReceipt: () => void;
}

export function Result(props: ResultProps) {
  switch (props.result.status) {
    case 'approved':
      return <Approved {...props} result={props.result} />;
    case 'kept':
      return <Kept {...props} />;
    case 'failed':
      return <Failed {...props} />;
    case 'no_room':
      return <NoRoom {...props} />;
    case 'declined':
    case 'cancelled':
      return <NotPaid {...props} result={props.result} />;
  }
}

type Of<S extends ResultShown['status']> = Omit<ResultProps, 'result'> & {
  readonly result: Extract<ResultShown, { status: S }>;
};

function Approved({ sale, result, onNext, onReceipt }: Of<'approved'>) {
  const t = useTexts(TEXTS);
  const ways = useTexts(WAYS);
  const isSale = sale.kind === 'sale';
  return (
    <FullResult
      kind="done"
      title={isSale ? t.approved : t.refunded}
      amount={result.receipt.amount}
      detail={result.paid === 'before' ? t.before : undefined}
      notes={
        <>
          <Badge mood="good">{ways[result.way]}</Badge>
          {result.isOffline && <Badge mood="wait">{t.offline}</Badge>}
          {result.receipt.signature && <Badge mood="wait">{t.signature}</Badge>}
        </>
      }
    >
      <Button wide icon={ArrowRight} onPress={onNext}>
        {isSale ? t.next : t.done}
      </Button>
      <Button wide icon={ReceiptIcon} onPress={onReceipt}>
        {t.receipt}
      </Button>
    </FullResult>
  );
}

function Failed({ sale, onNext }: ResultProps) {
  const t = useTexts(TEXTS);
  return (
    <FullResult kind="unknown" title={t.failed} amount={sale.amount} detail={t.failedWhy}>
      <Button wide onPress={onNext}>
        {t.done}
      </Button>
    </FullResult>
  );
}

function NoRoom({ sale, onNext, onAgain }: ResultProps) {
  const t = useTexts(TEXTS);
  const isSale = sale.kind === 'sale';
  return (
    <FullResult
      kind="stopped"
      title={isSale ? t.noRoom : t.notRefunded}
      amount={sale.amount}
      detail={
        <>
          <p>{isSale ? t.noRoomWhy : t.noRoomBack}</p>
          <p className="sk-strong">{t.noRoomHelp}</p>
          <p>{t.noRoomNot}</p>
        </>
      }
    >
      {isSale && (
        <Button wide icon={RotateCcw} onPress={onAgain}>
          {t.again}
        </Button>
      )}
      <Button wide onPress={onNext}>
        {t.done}
      </Button>
    </FullResult>
  );
}

function Kept({ sale, onNext, onReceipt }: ResultProps) {
  const t = useTexts(TEXTS);
  return (
    <FullResult kind="unknown" title={t.kept} amount={sale.amount} detail={t.keptWhy}>
      <Button wide icon={ArrowRight} onPress={onNext}>
        {t.next}
      </Button>
      <Button wide icon={ReceiptIcon} onPress={onReceipt}>
        {t.receipt}
      </Button>
    </FullResult>
  );
}

function NotPaid({ sale, result, onNext, onAgain }: Of<'declined' | 'cancelled'>) {
  const t = useTexts(TEXTS);
  const reasons = useTexts(REASONS);
  const remedies = useTexts(REMEDIES);
  const isDeclined = result.status === 'declined';
  const title = !isDeclined ? t.cancelled : sale.kind === 'sale' ? t.declined : t.notRefunded;
  return (
    <FullResult
      kind={isDeclined ? 'failed' : 'stopped'}
      title={title}
      amount={sale.amount}
      detail={
        <>
          {isDeclined && <p>{reasons[result.reason]}</p>}
          {isDeclined && <p className="sk-strong">{remedies[result.reason]}</p>}
          <p>{result.mayComeBack ? t.maybe : t.nothing}</p>
        </>
      }
    >
      <Button wide icon={RotateCcw} onPress={onAgain}>
        {t.again}
      </Button>
      <Button wide onPress={onNext}>
        {sale.kind === 'sale' ? t.next : t.done}
      </Button>
    </FullResult>
  );
}
