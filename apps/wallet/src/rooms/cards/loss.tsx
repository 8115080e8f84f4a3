/**
 * A card is gone: reported to the bank, and what becomes of its money, step by step with dates (docs/claims.md).
 *
 * What must hold: before anything is reported it says what the report does and that the card cannot be used after it; every date is the bank's.
 */
import {
  Banner,
  Button,
  catalogue,
  dateText,
  moneyText,
  Segments,
  type Step,
  Timeline,
  useLanguage,
  useTexts,
} from '@sokkin/ui';
import { useEffect, useState } from 'react';
import type { KeptClaim } from '../../keep/cards.ts';
import type { LossKind } from '../../wallet/cards/bank.ts';
import { useView } from '../../wallet/view.ts';
import type { Done } from '../../wallet/wallet.ts';
import { CardFace } from './face.tsx';
import type { ActProps } from './visit.tsx';
import { saysOfCard } from './words.ts';

const TEXTS = catalogue(
  {
    title: 'The card is gone',
    what: 'What happened?',
    lost: 'Lost',
    stolen: 'Stolen',
    broken: 'Broken',
    will: 'What the report does',
    willBlock: 'The card is blocked at once',
    willBlockWhy: 'Shops and phones that were online since then refuse it.',
    willWait: 'A waiting time begins',
    willWaitWhy:
      'Payments that were made before may still arrive. If you find a lost card, take the report back.',
    willRefund: 'Then its money is on your account',
    willRefundWhy: 'What the bank can prove that the card held, by the date that it names.',
    held: (amount: string) => `When it was here last, it held ${amount}.`,
    report: 'Report it to the bank',
    offline: 'You are offline. The report goes to the bank when there is a network.',
    status: 'How the report stands',
    reported: 'Reported, the card is blocked',
    inquiry: 'The bank looks into it',
    refund: 'Its money on your account',
    late_payment: 'A payment of the card turned up, and was counted',
    found: 'The card turned up',
    refused: 'The refund was refused',
    withdrawn: 'Taken back: the card works again',
    closed: 'Closed: what was refunded is yours for good',
    by: (date: string) => `by ${date}`,
    now: (amount: string, date: string) =>
      `${amount} will be refunded by ${date}, as far as the bank can prove now.`,
    refunded: (amount: string) => `${amount} was refunded to your account.`,
    timeline: 'What becomes of it',
    takeBack: 'I have found it',
    takeBackWhy: 'The block is lifted at the next sync of the card.',
    look: 'Ask the bank again',
    back: 'Back',
  },
  {
    title: 'カードをなくしたとき',
    what: 'どうしましたか',
    lost: '紛失',
    stolen: '盗難',
    broken: '故障',
    will: '届け出るとどうなるか',
    willBlock: 'カードはすぐに停止されます',
    willBlockWhy: 'その後オンラインになったお店やスマホでは使えなくなります。',
    willWait: '待つ期間が始まります',
    willWaitWhy: '前に支払った分があとから届くことがあります。紛失したカードが見つかったら取り消せます。',
    willRefund: 'そのあと口座に返金されます',
    willRefundWhy: '銀行が確認できた残高が、示された日までに戻ります。',
    held: (amount: string) => `最後にかざしたときの残高は${amount}です。`,
    report: '銀行に届け出る',
    offline: 'オフラインです。電波のあるところで届け出てください。',
    status: '届け出の状況',
    reported: '届け出済み、カードは停止中',
    inquiry: '銀行が調べています',
    refund: '口座への返金',
    late_payment: 'カードの支払いがあとから届き、精算されました',
    found: 'カードが見つかりました',
    refused: '返金は認められませんでした',
    withdrawn: '取り消し済み：カードはまた使えます',
    closed: '完了：返金されたお金は確定しました',
    by: (date: string) => `${date}まで`,
    now: (amount: string, date: string) => `今わかる範囲では、${date}までに${amount}が返金されます。`,
    refunded: (amount: string) => `口座に${amount}が返金されました。`,
    timeline: 'これからの流れ',
    takeBack: '見つかった',
    takeBackWhy: '次にカードを銀行と照合すると、停止が解除されます。',
    look: '銀行に確認する',
    back: '戻る',
  },
);

const KINDS: readonly LossKind[] = ['lost', 'stolen', 'broken'];

export function Loss({ cards, card, onClose }: ActProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const { isOnline } = useView(cards.wallet.parts.showing);
  const [fault, setFault] = useState<string>();
  const [busy, setBusy] = useState(false);
  const { claim, id } = card;
  const ask = async (run: () => Promise<Done>) => {
    setBusy(true);
    setFault(undefined);
    const done = await run();
    setBusy(false);
    if (done.status !== 'ok') setFault(saysOfCard(done, language));
  };
  const claimId = claim?.id;
  useEffect(() => {
    if (claimId !== undefined && isOnline) void cards.askClaim(id, claimId);
  }, [cards, id, claimId, isOnline]);
  return (
    <section className="w-stack">
      <h1>{claim === undefined ? t.title : t.status}</h1>
      <CardFace card={card} />
      {fault !== undefined && <Banner mood="bad" title={fault} />}
      {claim === undefined ? (
        <Report
          held={moneyText(card.reading.summary.balance, language)}
          {...{ busy, isOnline }}
          onReport={(kind) => void ask(() => cards.reportLost(id, kind))}
        />
      ) : (
        <Standing
          claim={claim}
          busy={busy}
          onLook={() => void ask(() => cards.askClaim(id, claim.id))}
          onFound={() => void ask(() => cards.withdrawReport(id, claim.id))}
        />
      )}
      <Button tone="quiet" wide onPress={onClose}>
        {t.back}
      </Button>
    </section>
  );
}

interface ReportProps {
  readonly held: string;
  readonly busy: boolean;
  readonly isOnline: boolean;
  readonly onReport: (kind: LossKind) => void;
}

function Report({ held, busy, isOnline, onReport }: ReportProps) {
  const t = useTexts(TEXTS);
  const [kind, setKind] = useState<LossKind>('lost');
  return (
    <>
      <p className="sk-soft">{t.held(held)}</p>
      <Segments
        name={t.what}
        choices={KINDS.map((value) => ({ value, label: t[value] }))}
        value={kind}
        onChange={setKind}
      />
      <section className="w-card">
        <h2>{t.will}</h2>
        <Timeline
          name={t.will}
          steps={[
            { state: 'now', title: t.willBlock, detail: t.willBlockWhy },
            { state: 'due', title: t.willWait, detail: t.willWaitWhy },
            { state: 'due', title: t.willRefund, detail: t.willRefundWhy },
          ]}
        />
      </section>
      {!isOnline && <Banner mood="wait" title={t.offline} />}
      <Button tone="danger" wide busy={busy} disabled={!isOnline} onPress={() => onReport(kind)}>
        {t.report}
      </Button>
    </>
  );
}

interface StandingProps {
  readonly claim: KeptClaim;
  readonly busy: boolean;
  readonly onLook: () => void;
  readonly onFound: () => void;
}

const STEPS = [
  'reported',
  'inquiry',
  'refund',
  'late_payment',
  'found',
  'refused',
  'withdrawn',
  'closed',
] as const;
type StepName = (typeof STEPS)[number];
const isStep = (name: string): name is StepName => STEPS.some((one) => one === name);

function Standing({ claim, busy, onLook, onFound }: StandingProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const day = (iso: string) => dateText(new Date(iso), language);
  let isNext = true;
  const steps = claim.steps.flatMap(({ step, at, due }): Step[] => {
    if (!isStep(step)) return [];
    if (at !== null)
      return [{ state: step === 'refused' ? 'failed' : 'done', title: t[step], detail: day(at) }];
    const state = isNext ? 'now' : 'due';
    isNext = false;
    return [{ state, title: t[step], detail: due === null ? undefined : t.by(day(due)) }];
  });
  const isWaiting = claim.status === 'waiting';
  return (
    <>
      {isWaiting && <Banner mood="wait" title={t.now(moneyText(claim.amount, language), day(claim.dueAt))} />}
      {claim.refunded > 0n && <Banner mood="good" title={t.refunded(moneyText(claim.refunded, language))} />}
      <Timeline name={t.timeline} steps={steps} />
      <Button wide busy={busy} onPress={onLook}>
        {t.look}
      </Button>
      {isWaiting && claim.kind === 'lost' && (
        <section className="w-card">
          <p className="sk-soft">{t.takeBackWhy}</p>
          <Button wide busy={busy} onPress={onFound}>
            {t.takeBack}
          </Button>
        </section>
      )}
    </>
  );
}
