/**
 * Paying: how much at most, the PIN where it is needed, then the phone is held to the payee's.
 *
 * What must hold: whatever the tap did is said in words, and what is not known is called not known.
 */
import {
  Button,
  catalogue,
  moneyText,
  ResultStage,
  type Signals,
  TapStage,
  useLanguage,
  useTexts,
} from '@sokkin/ui';
import type { Wire } from '@sokkin/web';
import { Nfc, ScanQrCode } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { MoneyRecord } from '../keep/store.ts';
import { type Presented, present } from '../wallet/present.ts';
import { useView, type View } from '../wallet/view.ts';
import type { Wallet } from '../wallet/wallet.ts';
import { saysWhy } from '../words.ts';
import { AmountEntry } from './amount.tsx';
import { AskPin } from './ask-pin.tsx';

const TEXTS = catalogue(
  {
    title: 'How much at most?',
    hint: (balance: string) => `You have ${balance}`,
    pay: 'Pay',
    pin: 'Your PIN',
    hold: "Hold your phone to the other's",
    holdWhy: 'The other presses Receive and types the amount.',
    reading: 'Do not move it',
    again: 'Hold it there once more',
    againWhy: 'It left your purse. Whether it arrived, the next touch tells; nothing is paid twice.',
    paid: 'Paid',
    open: 'On its way',
    openWhy: 'It will arrive with the next touch, or when both are online. You find it under Activity.',
    carried: 'Handed over',
    carriedWhy:
      "It left your purse, and the other phone carries it to the payee's card. You hear of it when both are online.",
    terminal: 'The terminal decides',
    terminalWhy: 'It has your card for this amount. It says whether it is paid, from your account.',
    tooMuch: 'Not paid',
    tooMuchWhy: (amount: string, most: string) => `${amount} was asked for; you agreed to ${most} at most.`,
    pinRefused: 'Not paid',
    pinRefusedWhy: 'The PIN was not right.',
    scan: 'Scan a code instead',
    cut: 'Cut off',
    cancel: 'Cancel',
    done: 'Done',
    change: 'Change the amount',
  },
  {
    title: 'いくらまで支払いますか',
    hint: (balance: string) => `残高 ${balance}`,
    pay: '支払う',
    pin: '暗証番号',
    hold: '相手のスマホにかざしてください',
    holdWhy: '相手が「受け取る」を押して金額を入れます。',
    reading: '動かさないでください',
    again: 'もう一度かざしてください',
    againWhy:
      'お金はウォレットを出ました。届いたかどうかは、もう一度かざすと分かります。二重には支払われません。',
    paid: '支払いました',
    open: '送金中',
    openWhy: 'もう一度かざすか、両方がオンラインになると届きます。取引の画面で確認できます。',
    carried: '預けました',
    carriedWhy:
      'お金はウォレットを出て、相手のスマホが受け取る人のカードまで運びます。両方がオンラインになると結果が分かります。',
    terminal: '端末の表示を確認してください',
    terminalWhy: 'カードの情報を端末に渡しました。口座から支払われたかどうかは、端末に表示されます。',
    tooMuch: '支払いませんでした',
    tooMuchWhy: (amount: string, most: string) => `${amount}を求められました。上限は${most}です。`,
    pinRefused: '支払いませんでした',
    pinRefusedWhy: '暗証番号が違います。',
    scan: '代わりにコードを読み取る',
    cut: '途中で止まりました',
    cancel: 'やめる',
    done: '閉じる',
    change: '金額を変える',
  },
);

type Step =
  | { readonly at: 'amount' }
  | { readonly at: 'pin'; readonly most: bigint }
  | { readonly at: 'tap'; readonly most: bigint; readonly pin: string | undefined }
  | { readonly at: 'over'; readonly most: bigint; readonly came: Presented };

export interface PayProps {
  readonly wallet: Wallet;
  readonly field: Wire;
  readonly signals: Signals;
  readonly onClose: () => void;
  /** What somebody asked for: nothing has to be typed. */
  readonly asked?: bigint | undefined;
  /** The other shows a code in place of holding out its phone. */
  readonly onScan: () => void;
}

/** Whether the purse will want the PIN for it. */
export function needsPin({ purse, limits }: View, amount: bigint): boolean {
  if (purse === undefined || limits === undefined) return true;
  return amount > limits.perPaymentWithoutPin || purse.spentWithoutPin + amount > limits.cumulativeWithoutPin;
}

export function Pay({ wallet, field, signals, onClose, asked, onScan }: PayProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const view = useView(wallet.parts.showing);
  const ready = (most: bigint): Step =>
    needsPin(view, most) ? { at: 'pin', most } : { at: 'tap', most, pin: undefined };
  const [step, setStep] = useState<Step>(() => (asked === undefined ? { at: 'amount' } : ready(asked)));
  const balance = view.purse?.balance ?? 0n;
  switch (step.at) {
    case 'amount':
      return (
        <AmountEntry
          title={t.title}
          hint={t.hint(moneyText(balance, language))}
          action={t.pay}
          icon={Nfc}
          most={balance}
          onBack={onClose}
          onDone={(most) => setStep(ready(most))}
        />
      );
    case 'pin':
      return (
        <AskPin
          wallet={wallet}
          label={t.pin}
          onDone={(pin) => setStep({ at: 'tap', most: step.most, pin })}
        />
      );
    case 'tap':
      return (
        <Hold
          wallet={wallet}
          field={field}
          signals={signals}
          most={step.most}
          pin={step.pin}
          onOver={(came) => setStep({ at: 'over', most: step.most, came })}
          onCancel={onClose}
          onScan={onScan}
        />
      );
    case 'over':
      return <Over {...step} onClose={onClose} onChange={() => setStep({ at: 'amount' })} />;
  }
}

interface HoldProps {
  readonly wallet: Wallet;
  readonly field: Wire;
  readonly signals: Signals;
  readonly most: bigint;
  readonly pin: string | undefined;
  readonly onOver: (came: Presented) => void;
  readonly onCancel: () => void;
  readonly onScan: () => void;
}

/** One touch after the other, until something came of it. */
function Hold({ wallet, field, signals, most, pin, onOver, onCancel, onScan }: HoldProps) {
  const t = useTexts(TEXTS);
  const [state, setState] = useState<'waiting' | 'reading'>('waiting');
  const [left, setLeft] = useState<MoneyRecord>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: one course of taps, for as long as this is on the screen
  useEffect(() => {
    let isOn = true;
    let held: ReturnType<typeof present> | undefined;
    const run = async () => {
      while (isOn) {
        held = present(wallet, field, { most, pin }, () => setState('reading'));
        const came = await held.over;
        if (!isOn) return;
        setState('waiting');
        if (came.status === 'paid') {
          signals.give('success');
          return onOver(came);
        }
        if (came.status === 'at_terminal') {
          signals.give('tick');
          return onOver(came);
        }
        if (came.status === 'refused' || came.status === 'failed') {
          signals.give('alert');
          return onOver(came);
        }
        if (came.status === 'open' && came.carried) {
          signals.give('success');
          return onOver(came);
        }
        if (came.status === 'open') {
          signals.give('alert');
          setLeft(came.record);
        }
      }
    };
    void run();
    return () => {
      isOn = false;
      held?.stop();
    };
  }, []);
  const isAgain = left !== undefined && state === 'waiting';
  return (
    <TapStage
      state={isAgain ? 'lost' : state}
      amount={left?.amount ?? most}
      says={isAgain ? t.again : state === 'reading' ? t.reading : t.hold}
      detail={isAgain ? t.againWhy : t.holdWhy}
    >
      {left === undefined && (
        <Button wide icon={ScanQrCode} onPress={onScan}>
          {t.scan}
        </Button>
      )}
      <Button
        wide
        tone="quiet"
        onPress={() =>
          left === undefined ? onCancel() : onOver({ status: 'open', record: left, carried: false })
        }
      >
        {t.cancel}
      </Button>
    </TapStage>
  );
}

interface OverProps {
  readonly most: bigint;
  readonly came: Presented;
  readonly onClose: () => void;
  readonly onChange: () => void;
}

function Over({ most, came, onClose, onChange }: OverProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const done = (
    <Button wide tone="primary" onPress={onClose}>
      {t.done}
    </Button>
  );
  if (came.status === 'paid')
    return (
      <ResultStage kind="done" title={t.paid} amount={came.record.amount}>
        {done}
      </ResultStage>
    );
  if (came.status === 'at_terminal')
    return (
      <ResultStage kind="unknown" title={t.terminal} amount={came.amount} detail={t.terminalWhy}>
        {done}
      </ResultStage>
    );
  if (came.status === 'refused') {
    const { why } = came;
    const isTooMuch = why.kind === 'too_much';
    const detail = isTooMuch
      ? t.tooMuchWhy(moneyText(why.amount, language), moneyText(most, language))
      : t.pinRefusedWhy;
    return (
      <ResultStage kind="failed" title={isTooMuch ? t.tooMuch : t.pinRefused} detail={detail}>
        <Button wide tone="primary" onPress={onChange}>
          {t.change}
        </Button>
        {done}
      </ResultStage>
    );
  }
  if (came.status === 'failed')
    return (
      <ResultStage kind="failed" title={t.cut} detail={saysWhy(came.fault, { language })}>
        {done}
      </ResultStage>
    );
  const amount = came.status === 'open' ? came.record.amount : undefined;
  const isCarried = came.status === 'open' && came.carried;
  return (
    <ResultStage
      kind={isCarried ? 'done' : 'unknown'}
      title={isCarried ? t.carried : t.open}
      amount={amount}
      detail={isCarried ? t.carriedWhy : t.openWhy}
    >
      {done}
    </ResultStage>
  );
}
