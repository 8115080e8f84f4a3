/**
 * Being paid: how much, then the payer's phone or card is held to this one.
 *
 * What must hold: the same figure stands on the screen until the end; a torn tap says to hold it there again, and what was paid then.
 */
import { SokkinError } from '@sokkin/codec';
import {
  Button,
  catalogue,
  late,
  moneyText,
  PinPad,
  ResultStage,
  type Signals,
  TapStage,
  useLanguage,
  useTexts,
} from '@sokkin/ui';
import type { Wire } from '@sokkin/web';
import { HandCoins, QrCode } from 'lucide-react';
import { useEffect, useState } from 'react';
import { type Received, receive, type TapState, tellPayer, wasStopped } from '../wallet/receive.ts';
import { useView } from '../wallet/view.ts';
import type { Done, Wallet } from '../wallet/wallet.ts';
import { saysWhy } from '../words.ts';
import { AmountEntry } from './amount.tsx';

const TEXTS = catalogue(
  {
    title: 'How much do you get?',
    hint: (room: string) => `Your wallet can take ${room}`,
    receive: 'Receive',
    hold: "Hold the payer's phone or card here",
    holdWhy: 'The payer presses Pay. A card needs nothing.',
    reading: 'Do not move it',
    lost: 'Hold the same one here again',
    lostWhy: 'It left too early. Nothing is lost, and nothing is paid twice.',
    pin: "The payer's PIN",
    pinWhy: 'This amount needs it. The payer types it here.',
    got: 'Received',
    back: 'Sent back',
    backWhy: 'The payment could not be taken, and went back to the payer.',
    unheard: "The payer's phone left early and does not know yet. Let it be held here once more.",
    failed: 'Not received',
    code: 'Show a code instead',
    cancel: 'Cancel',
    done: 'Done',
    again: 'Try again',
  },
  {
    title: 'いくら受け取りますか',
    hint: (room: string) => `あと${room}入ります`,
    receive: '受け取る',
    hold: '支払う人のスマホかカードをかざしてください',
    holdWhy: '相手が「支払う」を押します。カードはそのままかざせます。',
    reading: '動かさないでください',
    lost: '同じものをもう一度かざしてください',
    lostWhy: '早く離れました。お金は失われず、二重にも支払われません。',
    pin: '支払う人の暗証番号',
    pinWhy: 'この金額には必要です。支払う人が入力します。',
    got: '受け取りました',
    back: '返しました',
    backWhy: '受け取れなかったため、支払った人に戻りました。',
    unheard: '相手のスマホがまだ結果を知りません。もう一度ここにかざしてもらってください。',
    failed: '受け取れませんでした',
    code: '代わりにコードを見せる',
    cancel: 'やめる',
    done: '閉じる',
    again: 'もう一度',
  },
);

/** Reading codes takes as much as all the rest: it comes when somebody wants it. */
const ReceiveByCode = late(() => import('./qr/receive-by-code.tsx'));

type Step =
  | { readonly at: 'amount' }
  | { readonly at: 'code'; readonly amount: bigint }
  | { readonly at: 'tap'; readonly amount: bigint; readonly pin?: string }
  | { readonly at: 'pin'; readonly amount: bigint; readonly error: string | undefined }
  | { readonly at: 'over'; readonly amount: bigint; readonly came: Done<Received> };

export interface ReceiveProps {
  readonly wallet: Wallet;
  readonly field: Wire;
  readonly signals: Signals;
  readonly onClose: () => void;
  /** What was asked for before: nothing has to be typed. */
  readonly asked?: bigint | undefined;
  /** It was begun before, and cut off. */
  readonly isGoingOn?: boolean | undefined;
}

export function Receive({ wallet, field, signals, onClose, asked, isGoingOn }: ReceiveProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const { purse, limits } = useView(wallet.parts.showing);
  const [step, setStep] = useState<Step>(
    asked === undefined ? { at: 'amount' } : { at: 'tap', amount: asked },
  );
  const room = purse && limits ? limits.holding - purse.balance - purse.reserved : 0n;
  switch (step.at) {
    case 'amount':
      return (
        <AmountEntry
          title={t.title}
          hint={t.hint(moneyText(room, language))}
          action={t.receive}
          icon={HandCoins}
          most={room}
          onBack={onClose}
          onDone={(amount) => setStep({ at: 'tap', amount })}
        />
      );
    case 'code':
      return (
        <ReceiveByCode
          wallet={wallet}
          signals={signals}
          amount={step.amount}
          isGoingOn={isGoingOn === true}
          onClose={onClose}
        />
      );
    case 'pin':
      return (
        <section className="w-stack">
          <p className="sk-soft">{t.pinWhy}</p>
          <PinPad
            label={t.pin}
            error={step.error}
            onDone={(pin) => setStep({ at: 'tap', amount: step.amount, pin })}
          />
          <Button tone="quiet" wide onPress={onClose}>
            {t.cancel}
          </Button>
        </section>
      );
    case 'tap': {
      const { amount } = step;
      const over = (came: Done<Received>) => {
        if (came.status === 'pin_required') return setStep({ at: 'pin', amount, error: undefined });
        if (came.status === 'pin_wrong')
          return setStep({ at: 'pin', amount, error: saysWhy(came, { language }) });
        setStep({ at: 'over', amount, came });
      };
      return (
        <Field
          wallet={wallet}
          field={field}
          signals={signals}
          amount={amount}
          pin={step.pin}
          isGoingOn={isGoingOn}
          onOver={over}
          onCancel={onClose}
          onCode={() => setStep({ at: 'code', amount })}
        />
      );
    }
    case 'over':
      return (
        <Over
          wallet={wallet}
          field={field}
          came={step.came}
          amount={step.amount}
          onClose={onClose}
          onAgain={() => setStep({ at: 'tap', amount: step.amount })}
        />
      );
  }
}

interface FieldProps {
  readonly wallet: Wallet;
  readonly field: Wire;
  readonly signals: Signals;
  readonly amount: bigint;
  readonly pin: string | undefined;
  readonly isGoingOn: boolean | undefined;
  readonly onOver: (came: Done<Received>) => void;
  readonly onCancel: () => void;
  readonly onCode: () => void;
}

function Field({ wallet, field, signals, amount, pin, isGoingOn, onOver, onCancel, onCode }: FieldProps) {
  const t = useTexts(TEXTS);
  const [state, setState] = useState<TapState>('waiting');
  // biome-ignore lint/correctness/useExhaustiveDependencies: one receipt of money, for as long as this is on the screen
  useEffect(() => {
    const stop = new AbortController();
    const onState = (next: TapState) => {
      if (next === 'lost') signals.give('alert');
      setState(next);
    };
    receive(wallet, field, { amount, pin, isGoingOn, signal: stop.signal, onState }).then(
      (came) => {
        if (stop.signal.aborted) return;
        signals.give(came.status === 'ok' && came.value.outcome === 'credited' ? 'success' : 'alert');
        onOver(came);
      },
      (error) => {
        if (wasStopped(error)) return;
        signals.give('alert');
        const code = error instanceof SokkinError ? error.code : 'failed';
        onOver({ status: 'said', code, message: error instanceof Error ? error.message : String(error) });
      },
    );
    return () => stop.abort();
  }, []);
  const says = { waiting: t.hold, reading: t.reading, lost: t.lost }[state];
  return (
    <TapStage state={state} amount={amount} says={says} detail={state === 'lost' ? t.lostWhy : t.holdWhy}>
      {state !== 'reading' && (
        <Button wide icon={QrCode} onPress={onCode}>
          {t.code}
        </Button>
      )}
      <Button wide tone="quiet" onPress={onCancel}>
        {t.cancel}
      </Button>
    </TapStage>
  );
}

interface OverProps {
  readonly wallet: Wallet;
  readonly field: Wire;
  readonly came: Done<Received>;
  readonly amount: bigint;
  readonly onClose: () => void;
  readonly onAgain: () => void;
}

function Over({ wallet, field, came, amount, onClose, onAgain }: OverProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const [unheard, setUnheard] = useState(came.status === 'ok' ? came.value.unheard : undefined);
  useEffect(() => {
    if (unheard === undefined) return;
    const stop = new AbortController();
    void tellPayer(wallet, field, unheard, stop.signal).then((isTold) => {
      if (isTold) setUnheard(undefined);
    });
    return () => stop.abort();
  }, [wallet, field, unheard]);
  const done = (
    <Button wide tone="primary" onPress={onClose}>
      {t.done}
    </Button>
  );
  if (came.status === 'ok') {
    const isHere = came.value.outcome === 'credited';
    return (
      <ResultStage
        kind={isHere ? 'done' : 'failed'}
        title={isHere ? t.got : t.back}
        amount={amount}
        detail={unheard !== undefined ? t.unheard : isHere ? undefined : t.backWhy}
      >
        {done}
      </ResultStage>
    );
  }
  return (
    <ResultStage kind="failed" title={t.failed} detail={saysWhy(came, { language, by: 'other' })}>
      <Button wide onPress={onAgain}>
        {t.again}
      </Button>
      {done}
    </ResultStage>
  );
}
