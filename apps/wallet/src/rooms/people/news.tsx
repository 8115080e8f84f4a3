/**
 * What the wallet told by itself: a bell with how much of it is new, and the list.
 *
 * What must hold: while amounts are hidden, no text of a notification has one; the browser asks its holder only after they asked for it.
 */
import {
  Banner,
  catalogue,
  dateText,
  EmptyState,
  IconButton,
  keep,
  kept,
  type Language,
  momentText,
  moneyText,
  Row,
  Rows,
  Sheet,
  Switch,
  useLanguage,
  useTexts,
} from '@sokkin/ui';
import {
  BadgeCheck,
  Bell,
  BellRing,
  CalendarClock,
  CloudUpload,
  FileClock,
  Gauge,
  HandCoins,
  type LucideIcon,
  Smartphone,
  Undo2,
} from 'lucide-react';
import { useEffect, useState } from 'react';
import type { News, NewsKind } from '../../keep/people-store.ts';
import { NOTIFY, newsIn, notify } from '../../wallet/news.ts';
import { usePeople } from '../../wallet/people.ts';
import { useView } from '../../wallet/view.ts';
import type { Wallet } from '../../wallet/wallet.ts';
import { HIDDEN } from '../hidden.ts';

const EN = {
  money_back: 'Money came back to you',
  arrived: 'A payment of yours arrived',
  request_paid: 'Your request was paid',
  limit_near: 'You are near a limit: go online once',
  sync_due: 'You were offline for long: go online once',
  certificate: 'Your wallet has to be renewed',
  device_joined: 'Another phone uses your account',
  claim_waiting: 'A phone of yours is blocked, and will be refunded',
  claim_refunded: 'Refunded to your account',
  claim_other: 'Your report moved on',
};
const JA: typeof EN = {
  money_back: 'お金が戻りました',
  arrived: '支払いが届きました',
  request_paid: '請求が支払われました',
  limit_near: '上限に近づいています。一度オンラインにしてください',
  sync_due: 'オフラインの期間が長くなっています。一度オンラインにしてください',
  certificate: 'ウォレットの更新が必要です',
  device_joined: '別のスマホがあなたの口座を使っています',
  claim_waiting: 'スマホを停止しました。後日返金されます',
  claim_refunded: '口座に返金されました',
  claim_other: '届け出に進展がありました',
};
const WORDS = { en: EN, ja: JA };

const ICONS: Readonly<Record<NewsKind, LucideIcon>> = {
  money_back: Undo2,
  arrived: BadgeCheck,
  request_paid: HandCoins,
  limit_near: Gauge,
  sync_due: CloudUpload,
  certificate: CalendarClock,
  claim: FileClock,
  device_joined: Smartphone,
};

/** The first line. */
function titleOf({ kind, word }: News, language: Language): string {
  const words = WORDS[language];
  if (kind !== 'claim') return words[kind];
  if (word === 'waiting') return words.claim_waiting;
  return word === 'refunded' || word === 'closed' ? words.claim_refunded : words.claim_other;
}

/** Amount and date, as far as they may be shown. */
function detailOf({ amount, due }: News, language: Language, hidden: boolean): string {
  const parts = [
    amount === undefined || hidden ? undefined : moneyText(amount, language),
    due === undefined ? undefined : dateText(new Date(due), language),
  ];
  return parts.filter((part) => part !== undefined).join(' · ');
}

/** Looks at the wallet whenever it changed, and tells what is new. */
export function useTelling(wallet: Wallet): void {
  const view = useView(wallet.parts.showing);
  const { language } = useLanguage();
  useEffect(() => {
    void (async () => {
      const hidden = kept(HIDDEN) === 'yes';
      for (const one of await wallet.parts.people.tell(newsIn(view)))
        await notify(titleOf(one, language), detailOf(one, language, hidden), one.id);
    })();
  }, [wallet, view, language]);
}

const TEXTS = catalogue(
  {
    title: 'Notifications',
    bell: (n: number) => (n === 0 ? 'Notifications' : `Notifications, ${n} new`),
    none: 'Nothing to tell',
    noneWhy: 'When money comes back, a limit is near or a date moves, it stands here.',
    fresh: 'New',
    allow: 'Tell me outside of the wallet, too',
    allowWhy: 'Without amounts while they are hidden.',
    denied: 'The browser does not allow it',
    deniedWhy: 'Allow notifications for this page in its settings.',
    close: 'Done',
  },
  {
    title: 'お知らせ',
    bell: (n: number) => (n === 0 ? 'お知らせ' : `お知らせ、新着${n}件`),
    none: 'お知らせはありません',
    noneWhy: 'お金が戻ったとき、上限が近いとき、予定が変わったときに表示されます。',
    fresh: '新着',
    allow: 'ウォレットの外でも知らせる',
    allowWhy: '金額を隠している間は、金額なしで知らせます。',
    denied: 'ブラウザが許可していません',
    deniedWhy: 'ブラウザの設定で、このページの通知を許可してください。',
    close: '閉じる',
  },
);

export function NewsBell({ wallet }: { readonly wallet: Wallet }) {
  const t = useTexts(TEXTS);
  const { unread } = usePeople(wallet);
  const [open, setOpen] = useState(false);
  const close = () => {
    setOpen(false);
    void wallet.parts.people.read();
  };
  return (
    <span className="w-bell" data-new={unread > 0 || undefined}>
      <IconButton icon={unread > 0 ? BellRing : Bell} name={t.bell(unread)} onPress={() => setOpen(true)} />
      {unread > 0 && (
        <span className="w-bell-count sk-number" aria-hidden>
          {unread > 9 ? '9+' : unread}
        </span>
      )}
      <Sheet title={t.title} open={open} onClose={close}>
        <NewsList wallet={wallet} />
      </Sheet>
    </span>
  );
}

function NewsList({ wallet }: { readonly wallet: Wallet }) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const { news } = usePeople(wallet);
  const hidden = kept(HIDDEN) === 'yes';
  return (
    <div className="w-stack">
      {news.length === 0 ? (
        <EmptyState icon={Bell} title={t.none}>
          {t.noneWhy}
        </EmptyState>
      ) : (
        <Rows name={t.title}>
          {news.map((one) => (
            <Row
              key={one.id}
              icon={ICONS[one.kind]}
              title={
                <span className={one.isRead ? undefined : 'sk-strong'}>
                  {!one.isRead && <span className="sk-unseen">{t.fresh}: </span>}
                  {titleOf(one, language)}
                </span>
              }
              detail={[detailOf(one, language, hidden), momentText(new Date(one.at), language)]
                .filter((part) => part !== '')
                .join(' · ')}
            />
          ))}
        </Rows>
      )}
      <Allow />
    </div>
  );
}

function Allow() {
  const t = useTexts(TEXTS);
  const has = 'Notification' in globalThis;
  const [isOn, setOn] = useState(
    () => has && kept(NOTIFY) === 'yes' && Notification.permission === 'granted',
  );
  const [isDenied, setDenied] = useState(false);
  if (!has) return null;
  const change = async (wanted: boolean) => {
    const isGranted = wanted && (await Notification.requestPermission()) === 'granted';
    keep(NOTIFY, isGranted ? 'yes' : undefined);
    setOn(isGranted);
    setDenied(wanted && !isGranted);
  };
  return (
    <>
      <Switch label={t.allow} detail={t.allowWhy} on={isOn} onChange={(on) => void change(on)} />
      {isDenied && (
        <Banner mood="wait" title={t.denied}>
          <p>{t.deniedWhy}</p>
        </Banner>
      )}
    </>
  );
}
