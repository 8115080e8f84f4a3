/** Asking somebody for money: how much, what for, until when; then a code or a link to give away. */
import {
  Banner,
  Button,
  catalogue,
  dateText,
  Field,
  Money,
  moneyText,
  Segments,
  useLanguage,
  useTexts,
} from '@sokkin/ui';
import { HandCoins } from 'lucide-react';
import { useState } from 'react';
import type { MoneyRequest } from '../../keep/people-store.ts';
import { linkTo, MOST_NAME, MOST_NOTE, requestText } from '../../wallet/links.ts';
import { askFor, shownOf } from '../../wallet/requests.ts';
import { useView } from '../../wallet/view.ts';
import type { Wallet } from '../../wallet/wallet.ts';
import { saysWhy } from '../../words.ts';
import { AmountEntry } from '../amount.tsx';
import { Share } from './share.tsx';

const TEXTS = catalogue(
  {
    title: 'How much do you ask for?',
    hint: (room: string) => `Your wallet can take ${room}`,
    next: 'Next',
    what: 'Your request',
    note: 'What is it for?',
    noteHint: 'Who you ask sees it. It may stay empty.',
    from: 'Your name for them',
    fromHint: 'It may stay empty.',
    days: 'Good for',
    day: '1 day',
    week: '7 days',
    month: '30 days',
    ask: 'Make the request',
    back: 'Back',
    ready: 'Let them scan it, or send the link',
    readyWhy: (until: string) =>
      `It can be paid once, to your purse only, until ${until}. You can take it back before.`,
    code: 'Payment request',
    done: 'Done',
  },
  {
    title: 'いくら請求しますか',
    hint: (room: string) => `あと${room}入ります`,
    next: '次へ',
    what: '請求の内容',
    note: '何のお金ですか',
    noteHint: '相手に表示されます。空欄でもかまいません。',
    from: '相手に見せる名前',
    fromHint: '空欄でもかまいません。',
    days: '有効期間',
    day: '1日',
    week: '7日',
    month: '30日',
    ask: '請求を作る',
    back: '戻る',
    ready: '相手に読み取ってもらうか、リンクを送ってください',
    readyWhy: (until: string) =>
      `${until}まで、1回だけ、あなたのウォレットにだけ支払えます。それまでは取り消せます。`,
    code: '支払いの請求',
    done: '閉じる',
  },
);

type Step =
  | { readonly at: 'amount' }
  | { readonly at: 'words'; readonly amount: bigint }
  | { readonly at: 'ready'; readonly request: MoneyRequest };

export function Ask({ wallet, onClose }: { readonly wallet: Wallet; readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const { purse, limits } = useView(wallet.parts.showing);
  const [step, setStep] = useState<Step>({ at: 'amount' });
  const room = purse && limits ? limits.holding - purse.balance - purse.reserved : 0n;
  switch (step.at) {
    case 'amount':
      return (
        <AmountEntry
          title={t.title}
          hint={t.hint(moneyText(room, language))}
          action={t.next}
          icon={HandCoins}
          most={room}
          onBack={onClose}
          onDone={(amount) => setStep({ at: 'words', amount })}
        />
      );
    case 'words':
      return (
        <Words
          wallet={wallet}
          amount={step.amount}
          onBack={() => setStep({ at: 'amount' })}
          onDone={(request) => setStep({ at: 'ready', request })}
        />
      );
    case 'ready':
      return (
        <section className="w-stack">
          <h1>{t.ready}</h1>
          <p className="w-big">
            <Money amount={step.request.amount} size="large" />
          </p>
          <Hand request={step.request} />
          <p className="sk-soft">{t.readyWhy(dateText(new Date(step.request.until), language))}</p>
          <Button tone="primary" wide onPress={onClose}>
            {t.done}
          </Button>
        </section>
      );
  }
}

/** The request, to give away. */
export function Hand({ request }: { readonly request: MoneyRequest }) {
  const t = useTexts(TEXTS);
  return <Share name={t.code} link={linkTo(requestText(shownOf(request)))} />;
}

const DAYS = ['1', '7', '30'] as const;

interface WordsProps {
  readonly wallet: Wallet;
  readonly amount: bigint;
  readonly onBack: () => void;
  readonly onDone: (request: MoneyRequest) => void;
}

function Words({ wallet, amount, onBack, onDone }: WordsProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const view = useView(wallet.parts.showing);
  const [note, setNote] = useState('');
  const [from, setFrom] = useState(view.name);
  const [days, setDays] = useState<(typeof DAYS)[number]>('7');
  const [fault, setFault] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    const made = await askFor(wallet, { amount, note, from, days: Number(days) });
    setBusy(false);
    if (made.status === 'ok') onDone(made.value);
    else setFault(saysWhy(made, { language, purse: view.purse, limits: view.limits }));
  };
  const labels = { '1': t.day, '7': t.week, '30': t.month };
  return (
    <form
      className="w-stack"
      onSubmit={(event) => {
        event.preventDefault();
        void run();
      }}
    >
      <h1>{t.what}</h1>
      <p className="w-big">
        <Money amount={amount} size="large" />
      </p>
      {fault !== undefined && <Banner mood="bad" title={fault} />}
      <Field label={t.note} hint={t.noteHint} value={note} onChange={setNote} maxLength={MOST_NOTE} />
      <Field label={t.from} hint={t.fromHint} value={from} onChange={setFrom} maxLength={MOST_NAME} />
      <p className="sk-strong">{t.days}</p>
      <Segments
        name={t.days}
        choices={DAYS.map((value) => ({ value, label: labels[value] }))}
        value={days}
        onChange={setDays}
      />
      <Button tone="primary" wide submits busy={isBusy}>
        {t.ask}
      </Button>
      <Button tone="quiet" wide onPress={onBack}>
        {t.back}
      </Button>
    </form>
  );
}
