/** One request: somebody's to pay, or one's own to hand out, be paid on by a tap, or take back. */
import {
  Badge,
  Banner,
  Button,
  catalogue,
  dateText,
  Money,
  type Mood,
  useLanguage,
  useTexts,
} from '@sokkin/ui';
import { Nfc, Send, Undo2 } from 'lucide-react';
import { useState } from 'react';
import type { MoneyRequest } from '../../keep/people-store.ts';
import { cancelRequest, isOpen, payRequest } from '../../wallet/requests.ts';
import { useView } from '../../wallet/view.ts';
import type { Done, Wallet } from '../../wallet/wallet.ts';
import { saysWhy } from '../../words.ts';
import { AskPin } from '../ask-pin.tsx';
import { Hand } from './ask.tsx';
import { useNames } from './names.ts';

const TEXTS = catalogue(
  {
    asked: (name: string) => `${name} asks you for`,
    mine: 'You asked for',
    calls: (name: string) => `They call themselves “${name}”. Only the purse and the amount are certain.`,
    until: 'Good until',
    purse: 'To',
    note: 'For',
    tap: 'Pay with a touch',
    take: 'Be paid with a touch',
    send: 'Send it now',
    sendWhy: 'It leaves your purse at once. It arrives when both of you were online, or at your next touch.',
    pin: 'Your PIN',
    cancel: 'Take it back',
    ignore: 'Do not pay',
    open: 'Open',
    paid: 'Paid',
    cancelled: 'Taken back',
    ignored: 'Not paid',
    old: 'Too late',
    done: 'Paid. It is on its way.',
    gone: 'Taken back. Nobody can pay it any more.',
  },
  {
    asked: (name: string) => `${name}さんからの請求`,
    mine: 'あなたの請求',
    calls: (name: string) => `相手は「${name}」と名乗っています。確かなのはウォレットと金額だけです。`,
    until: '期限',
    purse: '支払先',
    note: '内容',
    tap: 'スマホをかざして支払う',
    take: 'スマホをかざして受け取る',
    send: '今すぐ送る',
    sendWhy: 'お金はすぐにウォレットを出ます。両方がオンラインになるか、次にかざしたときに届きます。',
    pin: '暗証番号',
    cancel: '請求を取り消す',
    ignore: '支払わない',
    open: '受付中',
    paid: '支払い済み',
    cancelled: '取り消し',
    ignored: '支払わない',
    old: '期限切れ',
    done: '支払いました。届くのを待っています。',
    gone: '取り消しました。もう誰も支払えません。',
  },
);

export function useRequestState(): (request: MoneyRequest) => readonly [Mood, string] {
  const t = useTexts(TEXTS);
  return (request) => {
    if (request.state === 'paid') return ['good', t.paid];
    if (request.state === 'cancelled') return ['plain', request.by === 'mine' ? t.cancelled : t.ignored];
    return isOpen(request) ? ['wait', t.open] : ['plain', t.old];
  };
}

export interface RequestProps {
  readonly wallet: Wallet;
  readonly request: MoneyRequest;
  /** By a tap, which fills the screen. */
  readonly onTap: (request: MoneyRequest) => void;
}

export function RequestStory({ wallet, request, onTap }: RequestProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const nameOf = useNames(wallet);
  const [mood, state] = useRequestState()(request);
  const isMine = request.by === 'mine';
  const who = nameOf(request.payee);
  return (
    <div className="w-stack">
      <p className="sk-soft">{isMine ? t.mine : t.asked(who)}</p>
      <p className="w-big">
        <Money amount={request.amount} size="large" />
      </p>
      <p className="w-big">
        <Badge mood={mood}>{state}</Badge>
      </p>
      {!isMine && request.from !== '' && <p className="sk-soft">{t.calls(request.from)}</p>}
      <dl className="w-facts">
        {request.note !== '' && (
          <div>
            <dt className="sk-soft">{t.note}</dt>
            <dd>{request.note}</dd>
          </div>
        )}
        {!isMine && (
          <div>
            <dt className="sk-soft">{t.purse}</dt>
            <dd>{who}</dd>
          </div>
        )}
        <div>
          <dt className="sk-soft">{t.until}</dt>
          <dd>{dateText(new Date(request.until), language)}</dd>
        </div>
      </dl>
      {isOpen(request) && isMine && <Hand request={request} />}
      {isOpen(request) && <Acts wallet={wallet} request={request} onTap={onTap} />}
    </div>
  );
}

function Acts({ wallet, request, onTap }: RequestProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const { purse, limits } = useView(wallet.parts.showing);
  const [came, setCame] = useState<Done>();
  const [asksPin, setAsksPin] = useState(false);
  const isMine = request.by === 'mine';
  const pay = async (pin?: string) => {
    const done = await payRequest(wallet, request, pin);
    setAsksPin(done.status === 'pin_required' || done.status === 'pin_wrong');
    setCame(done.status === 'pin_required' ? undefined : done);
  };
  const fault =
    came === undefined || came.status === 'ok' ? undefined : saysWhy(came, { language, purse, limits });
  if (asksPin) return <AskPin wallet={wallet} label={t.pin} error={fault} onDone={(pin) => void pay(pin)} />;
  return (
    <>
      {fault !== undefined && <Banner mood="bad" title={fault} />}
      <Button tone="primary" wide icon={Nfc} onPress={() => onTap(request)}>
        {isMine ? t.take : t.tap}
      </Button>
      {!isMine && (
        <>
          <Button wide icon={Send} onPress={() => void pay()}>
            {t.send}
          </Button>
          <p className="sk-soft">{t.sendWhy}</p>
        </>
      )}
      <Button
        tone={isMine ? 'danger' : 'quiet'}
        wide
        icon={Undo2}
        onPress={() => void cancelRequest(wallet, request).then(setCame)}
      >
        {isMine ? t.cancel : t.ignore}
      </Button>
    </>
  );
}
