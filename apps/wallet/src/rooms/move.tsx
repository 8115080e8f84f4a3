/** Between the account at the bank and the purse. */
import {
  Button,
  catalogue,
  Mark,
  moneyText,
  ResultStage,
  type Signals,
  useLanguage,
  useTexts,
} from '@sokkin/ui';
import { useEffect, useState } from 'react';
import { useView } from '../wallet/view.ts';
import type { Done, Wallet } from '../wallet/wallet.ts';
import { saysWhy } from '../words.ts';
import { AmountEntry } from './amount.tsx';
import { AskPin } from './ask-pin.tsx';

const TEXTS = catalogue(
  {
    topUp: 'Top up',
    cashOut: 'Cash out',
    account: (balance: string) => `Your account has ${balance}`,
    purse: (balance: string) => `You have ${balance}`,
    working: 'Asking your bank',
    pin: 'Your PIN',
    toppedUp: 'Topped up',
    cashedOut: 'Moved to your account',
    failed: 'Not done',
    done: 'Done',
    again: 'Try again',
  },
  {
    topUp: 'チャージ',
    cashOut: '口座に戻す',
    account: (balance: string) => `口座の残高 ${balance}`,
    purse: (balance: string) => `残高 ${balance}`,
    working: '銀行に確認しています',
    pin: '暗証番号',
    toppedUp: 'チャージしました',
    cashedOut: '口座に戻しました',
    failed: 'できませんでした',
    done: '閉じる',
    again: 'もう一度',
  },
);

type Step =
  | { readonly at: 'amount' }
  | { readonly at: 'pin'; readonly amount: bigint; readonly error?: string | undefined }
  | { readonly at: 'working' }
  | { readonly at: 'over'; readonly amount: bigint; readonly came: Done };

export interface MoveProps {
  readonly wallet: Wallet;
  readonly way: 'top_up' | 'cash_out';
  readonly signals: Signals;
  readonly onClose: () => void;
  /** What was begun before: nothing has to be typed. */
  readonly asked?: bigint | undefined;
}

export function Move({ wallet, way, signals, onClose, asked }: MoveProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const { purse, limits, online } = useView(wallet.parts.showing);
  const [step, setStep] = useState<Step>({ at: asked === undefined ? 'amount' : 'working' });
  const isTopUp = way === 'top_up';
  const run = async (amount: bigint, pin?: string) => {
    setStep({ at: 'working' });
    const came = isTopUp ? await wallet.topUp(amount) : await wallet.cashOut(amount, pin);
    const scene = { language, amount, purse, limits };
    if (came.status === 'pin_required') return setStep({ at: 'pin', amount });
    if (came.status === 'pin_wrong') return setStep({ at: 'pin', amount, error: saysWhy(came, scene) });
    signals.give(came.status === 'ok' ? 'success' : 'alert');
    setStep({ at: 'over', amount, came });
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when this is opened
  useEffect(() => {
    if (asked !== undefined) void run(asked);
  }, []);
  switch (step.at) {
    case 'amount': {
      const room = purse && limits ? limits.holding - purse.balance - purse.reserved : 0n;
      const account = online?.balance ?? 0n;
      const most = isTopUp ? (account < room ? account : room) : (purse?.balance ?? 0n);
      return (
        <AmountEntry
          title={isTopUp ? t.topUp : t.cashOut}
          hint={
            isTopUp
              ? t.account(moneyText(account, language))
              : t.purse(moneyText(purse?.balance ?? 0n, language))
          }
          action={isTopUp ? t.topUp : t.cashOut}
          most={most}
          onBack={onClose}
          onDone={(amount) => void run(amount)}
        />
      );
    }
    case 'pin':
      return (
        <AskPin
          wallet={wallet}
          label={t.pin}
          error={step.error}
          onDone={(pin) => void run(step.amount, pin)}
        />
      );
    case 'working':
      return (
        <section className="w-centre" role="status">
          <Mark size={64} />
          <h1>{t.working}</h1>
        </section>
      );
    case 'over': {
      const isDone = step.came.status === 'ok';
      const title = isDone ? (isTopUp ? t.toppedUp : t.cashedOut) : t.failed;
      const detail = step.came.status === 'ok' ? undefined : saysWhy(step.came, { language, purse, limits });
      return (
        <ResultStage
          kind={isDone ? 'done' : 'failed'}
          title={title}
          amount={isDone ? step.amount : undefined}
          detail={detail}
        >
          {!isDone && (
            <Button wide onPress={() => void run(step.amount)}>
              {t.again}
            </Button>
          )}
          <Button wide tone="primary" onPress={onClose}>
            {t.done}
          </Button>
        </ResultStage>
      );
    }
  }
}
