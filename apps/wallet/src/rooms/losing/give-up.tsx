/** A phone is gone: what becomes of it, by when its money is back, and one press. */
import {
  Banner,
  Button,
  catalogue,
  dateText,
  Money,
  ResultStage,
  Segments,
  Timeline,
  useLanguage,
  useTexts,
} from '@sokkin/ui';
import { ArrowLeft, Ban } from 'lucide-react';
import { useState } from 'react';
import { giveUpPhone } from '../../wallet/losing.ts';
import type { GoneKind, Phone } from '../../wallet/own-backend.ts';
import { bankNow } from '../../wallet/time.ts';
import type { Done, Wallet } from '../../wallet/wallet.ts';
import { saysWhy } from '../../words.ts';

const TEXTS = catalogue(
  {
    title: 'Is this phone gone?',
    how: 'What happened?',
    lost: 'Lost',
    stolen: 'Stolen',
    broken: 'Broken or cleared',
    known: 'What your bank can prove of it today',
    knownWhy: 'What it received since it was last online, and nobody has shown yet, is not in it.',
    steps: 'What happens then',
    now: 'At once: it is blocked, and cannot use your account any more',
    until: (day: string) => `Until ${day}: found? Take the report back`,
    untilStolen: (day: string) => `Until ${day}: only your bank takes the report back`,
    refund: (day: string) => `By ${day}: the refund is on your account`,
    final: 'Its purse never works again after that',
    do: 'Block it and ask for the refund',
    back: 'Back',
    done: 'Blocked',
    doneWhy: 'The report with its dates is in the list.',
    failed: 'Not done',
    close: 'Done',
  },
  {
    title: 'このスマホをなくしましたか',
    how: '何がありましたか',
    lost: '紛失',
    stolen: '盗難',
    broken: '故障・消去',
    known: '銀行が現在証明できる金額',
    knownWhy: '最後にオンラインになった後に受け取り、まだ誰も示していない分は含みません。',
    steps: 'この後の流れ',
    now: 'すぐに停止し、口座も使えなくなります',
    until: (day: string) => `${day}まで：見つかれば取り下げられます`,
    untilStolen: (day: string) => `${day}まで：取り下げは銀行だけができます`,
    refund: (day: string) => `${day}までに口座に返金されます`,
    final: 'その後、このウォレットは二度と使えません',
    do: '停止して返金を受ける',
    back: '戻る',
    done: '停止しました',
    doneWhy: '届け出と予定は一覧で確認できます。',
    failed: 'できませんでした',
    close: '閉じる',
  },
);

const KINDS = ['lost', 'stolen', 'broken'] as const;
const DAY_MS = 86_400_000;

export interface GiveUpProps {
  readonly wallet: Wallet;
  readonly phone: Phone;
  readonly waitDays: Readonly<Record<GoneKind, number>> | undefined;
  readonly onClose: () => void;
}

export function GiveUp({ wallet, phone, waitDays, onClose }: GiveUpProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const [kind, setKind] = useState<GoneKind>('lost');
  const [came, setCame] = useState<Done | 'busy'>();
  if (came !== undefined && came !== 'busy')
    return (
      <ResultStage
        kind={came.status === 'ok' ? 'done' : 'failed'}
        title={came.status === 'ok' ? t.done : t.failed}
        detail={came.status === 'ok' ? t.doneWhy : saysWhy(came, { language })}
      >
        <Button tone="primary" wide onPress={onClose}>
          {t.close}
        </Button>
      </ResultStage>
    );
  const known = phone.purses.reduce((sum, { refundable }) => sum + BigInt(refundable), 0n);
  const day = dateText(new Date(bankNow() + (waitDays?.[kind] ?? 0) * DAY_MS), language);
  const run = async () => {
    setCame('busy');
    setCame(await giveUpPhone(wallet, phone, kind));
  };
  return (
    <section className="w-stack">
      <h1>{t.title}</h1>
      <p className="sk-strong">{t.how}</p>
      <Segments
        name={t.how}
        choices={KINDS.map((value) => ({ value, label: t[value] }))}
        value={kind}
        onChange={setKind}
      />
      <div className="w-card">
        <p className="sk-soft">{t.known}</p>
        <p className="w-big">
          <Money amount={known} size="large" />
        </p>
        <p className="sk-soft">{t.knownWhy}</p>
      </div>
      <h2>{t.steps}</h2>
      <Timeline
        name={t.steps}
        steps={[
          { state: 'now', title: t.now },
          { state: 'due', title: kind === 'stolen' ? t.untilStolen(day) : t.until(day) },
          { state: 'due', title: t.refund(day) },
        ]}
      />
      <Banner mood="wait" title={t.final} />
      <Button tone="danger" wide icon={Ban} busy={came === 'busy'} onPress={() => void run()}>
        {t.do}
      </Button>
      <Button tone="quiet" wide icon={ArrowLeft} onPress={onClose}>
        {t.back}
      </Button>
    </section>
  );
}
