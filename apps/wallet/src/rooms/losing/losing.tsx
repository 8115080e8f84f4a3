/**
 * The phones of this customer, and what is done when one is gone, when a new one comes, and when nothing is left of either.
 *
 * What must hold: before something final is done its holder reads what it means and by which date they have their money; dates are the back-end's.
 */
import { Banner, Button, catalogue, dateText, Row, Rows, useLanguage, useTexts } from '@sokkin/ui';
import { ArrowLeft, KeyRound, RefreshCw, Smartphone, SmartphoneNfc, TriangleAlert } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { type Standing, standing } from '../../wallet/losing.ts';
import { dayOf } from '../../wallet/news.ts';
import type { Claim, Phone } from '../../wallet/own-backend.ts';
import { useView } from '../../wallet/view.ts';
import type { Done, Wallet } from '../../wallet/wallet.ts';
import { saysWhy } from '../../words.ts';
import { ClaimStory, useClaimWords } from './claim.tsx';
import { CodeRoom } from './code.tsx';
import { Found } from './found.tsx';
import { GiveUp } from './give-up.tsx';
import { MoveOn } from './move-on.tsx';
import { Renew } from './renew.tsx';

const TEXTS = catalogue(
  {
    title: 'Lost or new phone',
    back: 'Back',
    asking: 'Asking your bank',
    again: 'Try again',
    found: 'I found this phone',
    phones: 'Your phones',
    this: 'This phone',
    other: (day: string) => `Phone since ${day}`,
    active: 'In use',
    blocked: 'Given up',
    gone: 'Is it gone? Press it.',
    reports: 'Reports',
    code: 'Recovery code',
    codeNone: 'Without one, a lost phone or cleared data lead to the counter of your bank.',
    codeUntil: (day: string) => `You have one. It is good until ${day}.`,
    move: 'Move to a new phone',
    moveWhy: 'While this one works.',
    renew: 'Renew this wallet',
    renewWhy: (day: string) => `It is good until ${day}.`,
    cleared: 'Clearing the data of this browser deletes the purse',
    clearedWhy:
      'Then its money is not here any more. Your bank refunds what it knows of, weeks later. Move your money first, and keep a recovery code.',
    notKept: 'The browser may delete it by itself when its disk is full: install the wallet as an app.',
  },
  {
    title: '紛失・機種変更',
    back: '戻る',
    asking: '銀行に確認しています',
    again: 'もう一度',
    found: 'このスマホが見つかった',
    phones: 'あなたのスマホ',
    this: 'このスマホ',
    other: (day: string) => `${day}からのスマホ`,
    active: '使用中',
    blocked: '停止済み',
    gone: 'なくしたスマホを押してください。',
    reports: '届け出',
    code: '復旧コード',
    codeNone: 'コードがないと、紛失やデータ消去のときに銀行の窓口での手続きが必要です。',
    codeUntil: (day: string) => `作成済みです。${day}まで使えます。`,
    move: '新しいスマホに移る',
    moveWhy: 'このスマホが使えるうちに。',
    renew: 'このウォレットを更新する',
    renewWhy: (day: string) => `${day}まで使えます。`,
    cleared: 'ブラウザのデータを消すと、ウォレットも消えます',
    clearedWhy:
      'その中のお金はここでは使えなくなります。銀行が把握している分は、数週間後に返金されます。先にお金を移し、復旧コードを保管してください。',
    notKept: '空き容量が少ないと、ブラウザが自動で消すことがあります。アプリとしてインストールしてください。',
  },
);

type Place =
  | { readonly at: 'list' }
  | { readonly at: 'phone'; readonly phone: Phone }
  | { readonly at: 'claim'; readonly id: string }
  | { readonly at: 'code' | 'move' | 'renew' | 'found' };

export interface LosingProps {
  readonly wallet: Wallet;
  /** Where to begin. */
  readonly first?: 'list' | 'renew';
  readonly onClose: () => void;
}

export default function Losing({ wallet, first = 'list', onClose }: LosingProps) {
  const [place, setPlace] = useState<Place>({ at: first });
  const [state, setState] = useState<Done<Standing>>();
  const look = useCallback(async () => setState(await standing(wallet)), [wallet]);
  useEffect(() => void look(), [look]);
  const home = () => {
    setPlace({ at: 'list' });
    void look();
  };
  const known = state?.status === 'ok' ? state.value : undefined;
  switch (place.at) {
    case 'list':
      return (
        <List wallet={wallet} state={state} onGo={setPlace} onAgain={() => void look()} onClose={onClose} />
      );
    case 'phone':
      return <GiveUp wallet={wallet} phone={place.phone} waitDays={known?.waitDays} onClose={home} />;
    case 'claim': {
      const claim = known?.claims.find(({ id }) => id === place.id);
      return claim === undefined ? null : <ClaimStory wallet={wallet} claim={claim} onClose={home} />;
    }
    case 'code':
      return <CodeRoom wallet={wallet} onClose={home} />;
    case 'move':
      return <MoveOn wallet={wallet} onClose={home} />;
    case 'renew':
      return (
        <Renew
          wallet={wallet}
          isOver={known !== undefined && isRefunded(known)}
          onClose={first === 'renew' ? onClose : home}
        />
      );
    case 'found':
      return <Found wallet={wallet} onClose={home} />;
  }
}

/** What this phone's purse held is on the account: it never pays again. */
const isRefunded = ({ phones, claims }: Standing): boolean => {
  const here = phones.find(({ is_this }) => is_this)?.purses.map(({ claim }) => claim) ?? [];
  return claims.some(({ id, status }) => here.includes(id) && (status === 'refunded' || status === 'closed'));
};

interface ListProps {
  readonly wallet: Wallet;
  readonly state: Done<Standing> | undefined;
  readonly onGo: (place: Place) => void;
  readonly onAgain: () => void;
  readonly onClose: () => void;
}

function List({ wallet, state, onGo, onAgain, onClose }: ListProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const { lastDay, isGivenUp } = useView(wallet.parts.showing);
  const known = state?.status === 'ok' ? state.value : undefined;
  const until = known?.codeUntil;
  return (
    <>
      <h1>{t.title}</h1>
      {state === undefined && (
        <p className="sk-soft" role="status">
          {t.asking}
        </p>
      )}
      {state !== undefined && state.status !== 'ok' && (
        <>
          <Banner mood="bad" title={saysWhy(state, { language })} />
          <Button wide icon={RefreshCw} onPress={onAgain}>
            {t.again}
          </Button>
          {isGivenUp && (
            <Button tone="primary" wide icon={SmartphoneNfc} onPress={() => onGo({ at: 'found' })}>
              {t.found}
            </Button>
          )}
        </>
      )}
      {known !== undefined && known.claims.length > 0 && (
        <Claims claims={known.claims} onPick={(id) => onGo({ at: 'claim', id })} />
      )}
      {known !== undefined && (
        <Phones phones={known.phones} onPick={(phone) => onGo({ at: 'phone', phone })} />
      )}
      <Rows name={t.title}>
        <Row
          icon={KeyRound}
          title={t.code}
          detail={until === undefined ? t.codeNone : t.codeUntil(dateText(until, language))}
          onPress={() => onGo({ at: 'code' })}
        />
        <Row icon={SmartphoneNfc} title={t.move} detail={t.moveWhy} onPress={() => onGo({ at: 'move' })} />
        <Row
          icon={RefreshCw}
          title={t.renew}
          detail={lastDay === undefined ? undefined : t.renewWhy(dateText(dayOf(lastDay), language))}
          onPress={() => onGo({ at: 'renew' })}
        />
      </Rows>
      <Cleared />
      <Button tone="quiet" wide icon={ArrowLeft} onPress={onClose}>
        {t.back}
      </Button>
    </>
  );
}

/** Before it happens. */
function Cleared() {
  const t = useTexts(TEXTS);
  const [isKept, setKept] = useState(true);
  useEffect(() => {
    void navigator.storage?.persisted?.().then(setKept);
  }, []);
  return (
    <Banner mood="wait" title={t.cleared}>
      <p>{t.clearedWhy}</p>
      {!isKept && <p>{t.notKept}</p>}
    </Banner>
  );
}

function Phones({
  phones,
  onPick,
}: {
  readonly phones: readonly Phone[];
  readonly onPick: (phone: Phone) => void;
}) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const hasOthers = phones.some(({ is_this, status }) => !is_this && status === 'active');
  return (
    <section className="w-stack" aria-labelledby="phones">
      <h2 id="phones">{t.phones}</h2>
      <Rows name={t.phones}>
        {phones.map((phone) => {
          const title = phone.is_this ? t.this : t.other(dateText(new Date(phone.created_at), language));
          const mayGo = !phone.is_this && phone.status === 'active';
          return (
            <Row
              key={phone.id}
              icon={Smartphone}
              title={title}
              detail={phone.status === 'active' ? t.active : t.blocked}
              {...(mayGo ? { onPress: () => onPick(phone) } : {})}
            />
          );
        })}
      </Rows>
      {hasOthers && <p className="sk-soft">{t.gone}</p>}
    </section>
  );
}

function Claims({
  claims,
  onPick,
}: {
  readonly claims: readonly Claim[];
  readonly onPick: (id: string) => void;
}) {
  const t = useTexts(TEXTS);
  const words = useClaimWords();
  return (
    <section className="w-stack" aria-labelledby="reports">
      <h2 id="reports">{t.reports}</h2>
      <Rows name={t.reports}>
        {claims.map((claim) => {
          const { title, detail } = words(claim);
          return (
            <Row
              key={claim.id}
              icon={TriangleAlert}
              title={title}
              detail={detail}
              onPress={() => onPick(claim.id)}
            />
          );
        })}
      </Rows>
    </section>
  );
}
