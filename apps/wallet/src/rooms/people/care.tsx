/** What its holder should do before something is refused: go online once near a limit or after a long time, renew what ends. One press each. */
import { Banner, Button, catalogue, dateText, useLanguage, useTexts } from '@sokkin/ui';
import { CalendarClock, RefreshCw, SmartphoneNfc } from 'lucide-react';
import { useState } from 'react';
import { CERTIFICATE_DAYS, dayOf, daysLeft, isLimitNear, isSyncDue } from '../../wallet/news.ts';
import { useView } from '../../wallet/view.ts';
import type { Undone, Wallet } from '../../wallet/wallet.ts';
import { saysWhy } from '../../words.ts';

const TEXTS = catalogue(
  {
    near: 'You are near a limit',
    due: 'You were offline for a long time',
    why: 'Go online once: your limits begin anew.',
    sync: 'Compare with the bank',
    syncing: 'Asking your bank',
    ends: (day: string) => `Your wallet has to be renewed before ${day}`,
    ended: 'Your wallet has ended, and neither pays nor is paid',
    endsWhy: 'Your money goes to your account and into a new purse. It takes a minute.',
    renew: 'Renew',
    stopped: 'This phone was given up, or its purse is blocked',
    stoppedWhy: 'It neither pays nor is paid. See what can be done.',
    losing: 'Lost or new phone',
  },
  {
    near: '上限に近づいています',
    due: 'オフラインの期間が長くなっています',
    why: '一度オンラインにすると、上限が元に戻ります。',
    sync: '銀行と照合する',
    syncing: '銀行に確認しています',
    ends: (day: string) => `${day}までにウォレットの更新が必要です`,
    ended: 'ウォレットの期限が切れました。支払いも受け取りもできません',
    endsWhy: 'お金は口座に移り、新しいウォレットに入ります。1分ほどで終わります。',
    renew: '更新する',
    stopped: 'このスマホは停止されています',
    stoppedWhy: '支払いも受け取りもできません。できることを確認してください。',
    losing: '紛失・機種変更',
  },
);

export interface CareProps {
  readonly wallet: Wallet;
  readonly onRenew: () => void;
  readonly onLosing: () => void;
}

export function Care({ wallet, onRenew, onLosing }: CareProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const view = useView(wallet.parts.showing);
  const [state, setState] = useState<'idle' | 'busy' | Undone>('idle');
  const { lastDay } = view;
  const isStopped = view.purse?.lifecycle === 'blocked' || view.purse?.lifecycle === 'terminated';
  if (view.isGivenUp || isStopped)
    return (
      <Banner mood="bad" title={t.stopped}>
        <p>{t.stoppedWhy}</p>
        <Button icon={SmartphoneNfc} onPress={onLosing}>
          {t.losing}
        </Button>
      </Banner>
    );
  if (lastDay !== undefined && daysLeft(lastDay) <= CERTIFICATE_DAYS)
    return (
      <Banner
        mood="wait"
        title={daysLeft(lastDay) < 0 ? t.ended : t.ends(dateText(dayOf(lastDay), language))}
      >
        <p>{t.endsWhy}</p>
        <Button icon={CalendarClock} onPress={onRenew}>
          {t.renew}
        </Button>
      </Banner>
    );
  const isNear = isLimitNear(view);
  if (!isNear && !isSyncDue(view)) return null;
  const sync = async () => {
    setState('busy');
    const done = await wallet.sync();
    setState(done.status === 'ok' ? 'idle' : done);
  };
  return (
    <Banner mood="wait" title={isNear ? t.near : t.due}>
      <p>{typeof state === 'string' ? t.why : saysWhy(state, { language })}</p>
      <Button icon={RefreshCw} busy={state === 'busy'} onPress={() => void sync()}>
        {state === 'busy' ? t.syncing : t.sync}
      </Button>
    </Banner>
  );
}
