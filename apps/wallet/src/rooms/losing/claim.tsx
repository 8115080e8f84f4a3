/** A report, as its holder hears it: each step with the date on which it was, or is to come. */
import {
  Banner,
  Button,
  catalogue,
  dateText,
  Money,
  moneyText,
  type Step,
  Timeline,
  useLanguage,
  useTexts,
} from '@sokkin/ui';
import { ArrowLeft, Undo2 } from 'lucide-react';
import { useState } from 'react';
import { takeBack } from '../../wallet/losing.ts';
import type { Claim } from '../../wallet/own-backend.ts';
import type { Done, Wallet } from '../../wallet/wallet.ts';
import { saysWhy } from '../../words.ts';

const TEXTS = catalogue(
  {
    back: 'Back',
    lost: 'Lost phone',
    stolen: 'Stolen phone',
    broken: 'Broken phone, or cleared data',
    expired: 'Ended wallet',
    by: (day: string) => `Will be refunded by ${day}`,
    refunded: (amount: string) => `${amount} were refunded`,
    refused: 'Not refunded',
    withdrawn: 'Found: the report was taken back',
    amount: 'What can be proven today',
    amountWhy:
      'It may become more, or less, when those sync who paid this purse or were paid by it. What you paid and has not arrived is no part of it.',
    later: (amount: string) => `${amount} more at the end: above the limit of a first refund.`,
    steps: 'What happens when',
    reported: 'Reported, and blocked',
    inquiry: 'It is looked into',
    refund: 'Refund to your account',
    late_payment: 'A payment of it turned up afterwards',
    found: 'It was found and went online',
    closed: 'Final: nothing is taken back any more',
    take: 'I found it: take the report back',
    taken: 'Taken back. The phone joins anew with a code.',
    stolenWhy: 'What was stolen is taken back by your bank only.',
  },
  {
    back: '戻る',
    lost: '紛失したスマホ',
    stolen: '盗まれたスマホ',
    broken: '故障またはデータ消去',
    expired: '期限切れのウォレット',
    by: (day: string) => `${day}までに返金されます`,
    refunded: (amount: string) => `${amount}を返金しました`,
    refused: '返金されません',
    withdrawn: '見つかったため取り下げました',
    amount: '現在証明できる金額',
    amountWhy:
      'このウォレットに支払った人や受け取った人がオンラインになると、金額が変わることがあります。まだ届いていない支払いは含みません。',
    later: (amount: string) => `最初の返金の上限を超える${amount}は、最後に返金されます。`,
    steps: '今後の予定',
    reported: '届け出、停止',
    inquiry: '調査中',
    refund: '口座に返金',
    late_payment: 'あとから支払いが見つかりました',
    found: '見つかり、オンラインになりました',
    closed: '確定（これ以降の変更はありません）',
    take: '見つかったので取り下げる',
    taken: '取り下げました。そのスマホはコードで登録し直してください。',
    stolenWhy: '盗難の届け出は、銀行だけが取り下げられます。',
  },
);

export function useClaimWords(): (claim: Claim) => { readonly title: string; readonly detail: string } {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  return ({ kind, status, due_at, refunded }) => {
    const money = moneyText(BigInt(refunded), language);
    const details = {
      waiting: t.by(dateText(new Date(due_at), language)),
      refunded: t.refunded(money),
      closed: t.refunded(money),
      refused: t.refused,
      withdrawn: t.withdrawn,
    };
    return { title: t[kind], detail: details[status] };
  };
}

export interface ClaimProps {
  readonly wallet: Wallet;
  readonly claim: Claim;
  readonly onClose: () => void;
}

export function ClaimStory({ wallet, claim, onClose }: ClaimProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const { title, detail } = useClaimWords()(claim);
  const [came, setCame] = useState<Done>();
  const later = BigInt(claim.value.later);
  const mayTake = claim.status === 'waiting' && claim.kind !== 'expired';
  return (
    <section className="w-stack">
      <h1>{title}</h1>
      <p className="sk-strong">{detail}</p>
      {claim.status === 'waiting' && (
        <div className="w-card">
          <p className="sk-soft">{t.amount}</p>
          <p className="w-big">
            <Money amount={BigInt(claim.value.amount)} size="large" />
          </p>
          {later > 0n && <p>{t.later(moneyText(later, language))}</p>}
          <p className="sk-soft">{t.amountWhy}</p>
        </div>
      )}
      {claim.reason !== null && <Banner mood="bad" title={claim.reason} />}
      <h2>{t.steps}</h2>
      <Timeline name={t.steps} steps={useSteps(claim)} />
      {came?.status === 'ok' && <Banner mood="good" title={t.taken} />}
      {came !== undefined && came.status !== 'ok' && (
        <Banner mood="bad" title={saysWhy(came, { language })} />
      )}
      {mayTake && claim.kind !== 'stolen' && came?.status !== 'ok' && (
        <Button wide icon={Undo2} onPress={() => void takeBack(wallet, claim).then(setCame)}>
          {t.take}
        </Button>
      )}
      {mayTake && claim.kind === 'stolen' && <p className="sk-soft">{t.stolenWhy}</p>}
      <Button tone="quiet" wide icon={ArrowLeft} onPress={onClose}>
        {t.back}
      </Button>
    </section>
  );
}

function useSteps({ timeline }: Claim): Step[] {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const next = timeline.findIndex(({ at }) => at === null);
  return timeline.map(({ step, at, due }, n) => {
    const day = at ?? due;
    return {
      state: at !== null ? (step === 'refused' ? 'failed' : 'done') : n === next ? 'now' : 'due',
      title: t[step],
      detail: day === null ? undefined : dateText(new Date(day), language),
    };
  });
}
