/**
 * Being paid by codes: the request is shown while the camera looks for the payment; then the receipt is shown.
 *
 * What must hold: the same request is shown until it was paid, so that whoever begins again loses nothing; the receipt stays on the screen until somebody
 * says that it was read.
 */
import type { Bytes } from '@sokkin/codec';
import type { ShownMessage } from '@sokkin/terminal';
import { Button, catalogue, Money, ResultStage, type Signals, useLanguage, useTexts } from '@sokkin/ui';
import { useEffect, useRef, useState } from 'react';
import { askFor, type Taken, takePayment } from '../../wallet/messages.ts';
import type { Undone, Wallet } from '../../wallet/wallet.ts';
import { saysWhy } from '../../words.ts';
import { Film } from './film.tsx';
import { Looking } from './looking.tsx';

const TEXTS = catalogue(
  {
    show: 'Show this to the payer',
    showWhy: 'The payer presses Scan a code. When it has paid, read the code that it shows you.',
    code: 'Your request, as codes',
    making: 'Preparing the code',
    got: 'Received',
    gotWhy: 'Show this to the payer, so that its wallet knows, too.',
    back: 'Sent back',
    backWhy: 'It could not be taken. Show this to the payer: with it the money is in its wallet again.',
    receipt: 'The receipt, as codes',
    failed: 'Not received',
    again: 'Try again',
    cancel: 'Cancel',
    done: 'Done',
  },
  {
    show: '支払う人に見せてください',
    showWhy:
      '相手が「コードを読み取る」を押します。支払いが済んだら、相手の画面のコードを読み取ってください。',
    code: '請求のコード',
    making: 'コードを用意しています',
    got: '受け取りました',
    gotWhy: '支払う人に見せてください。相手のウォレットにも結果が伝わります。',
    back: '返しました',
    backWhy: '受け取れませんでした。支払う人に見せると、お金は相手のウォレットに戻ります。',
    receipt: '受領のコード',
    failed: '受け取れませんでした',
    again: 'もう一度',
    cancel: 'やめる',
    done: '閉じる',
  },
);

type Step =
  | { readonly at: 'making' }
  | { readonly at: 'show'; readonly request: Bytes }
  | { readonly at: 'got'; readonly taken: Taken }
  | { readonly at: 'failed'; readonly why: Undone };

export interface ReceiveByCodeProps {
  readonly wallet: Wallet;
  readonly signals: Signals;
  readonly amount: bigint;
  /** It was begun before, and cut off. */
  readonly isGoingOn: boolean;
  readonly onClose: () => void;
}

export default function ReceiveByCode({ wallet, signals, amount, isGoingOn, onClose }: ReceiveByCodeProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const [step, setStep] = useState<Step>({ at: 'making' });
  const isTaking = useRef(false);
  const begin = () =>
    askFor(wallet, amount, isGoingOn).then((asked) =>
      setStep(asked.status === 'ok' ? { at: 'show', request: asked.value } : { at: 'failed', why: asked }),
    );
  // biome-ignore lint/correctness/useExhaustiveDependencies: one request, for as long as this is on the screen
  useEffect(() => {
    void begin();
  }, []);
  const hear = async (message: ShownMessage) => {
    if (message.kind !== 'payment' || isTaking.current) return;
    isTaking.current = true;
    const taken = await takePayment(wallet, message.payment);
    isTaking.current = false;
    const isHere = taken.status === 'ok' && taken.value.outcome === 'credited';
    signals.give(isHere ? 'success' : 'alert');
    setStep(taken.status === 'ok' ? { at: 'got', taken: taken.value } : { at: 'failed', why: taken });
  };
  switch (step.at) {
    case 'making':
      return (
        <p className="sk-soft" role="status">
          {t.making}
        </p>
      );
    case 'show':
      return (
        <section className="w-codes">
          <div role="status">
            <h1>{t.show}</h1>
            <p className="sk-soft">{t.showWhy}</p>
          </div>
          <Money amount={amount} size="large" />
          <Film message={step.request} name={t.code} />
          <Looking small onMessage={(message) => void hear(message)} />
          <div className="sk-actions">
            <Button wide tone="quiet" onPress={onClose}>
              {t.cancel}
            </Button>
          </div>
        </section>
      );
    case 'got': {
      const { taken } = step;
      const isHere = taken.outcome === 'credited';
      return (
        <ResultStage
          kind={isHere ? 'done' : 'failed'}
          title={isHere ? t.got : t.back}
          amount={taken.amount}
          detail={
            <div className="w-codes">
              <p>{isHere ? t.gotWhy : t.backWhy}</p>
              <Film message={taken.receipt} name={t.receipt} />
            </div>
          }
        >
          <Button wide tone="primary" onPress={onClose}>
            {t.done}
          </Button>
        </ResultStage>
      );
    }
    case 'failed':
      return (
        <ResultStage kind="failed" title={t.failed} detail={saysWhy(step.why, { language })}>
          <Button wide tone="primary" onPress={() => void begin()}>
            {t.again}
          </Button>
          <Button wide onPress={onClose}>
            {t.done}
          </Button>
        </ResultStage>
      );
  }
}
