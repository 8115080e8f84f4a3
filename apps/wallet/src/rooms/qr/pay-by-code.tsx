/**
 * Paying by codes: the payee's request is read, agreed to, and the payment shown, until the payee's word on it was read.
 *
 * What must hold: what is asked for stands on the screen before anything is paid; once it left the purse the screen says so, and never offers to pay anew.
 */
import { hex } from '@sokkin/codec';
import type { ShownMessage, TagRequestShown } from '@sokkin/terminal';
import { Button, catalogue, Money, ResultStage, type Signals, useLanguage, useTexts } from '@sokkin/ui';
import { Send } from 'lucide-react';
import { useState } from 'react';
import { believeRequest, closePayment, type Given, isAbout, payOn } from '../../wallet/messages.ts';
import { useView } from '../../wallet/view.ts';
import type { Undone, Wallet } from '../../wallet/wallet.ts';
import { saysWhy } from '../../words.ts';
import { AskPin } from '../ask-pin.tsx';
import { needsPin } from '../pay.tsx';
import { Film } from './film.tsx';
import { Looking } from './looking.tsx';
import { useNearTags } from './near.ts';

const TEXTS = catalogue(
  {
    look: "Read the payee's code",
    agree: 'Do you pay this?',
    to: (purse: string) => `To the purse ${purse}`,
    pay: 'Pay',
    pin: 'Your PIN',
    paying: 'Paying',
    show: 'Now show this to the payee',
    showWhy: 'The money has left your wallet. When the payee has read it, read the code that it shows you.',
    code: 'Your payment, as codes',
    paid: 'Paid',
    back: 'Sent back',
    backWhy: 'The payee could not take it. The money is in your wallet again.',
    open: 'On its way',
    openWhy:
      'It left your wallet. Read the same code of the payee once more to show it again; or it arrives when both are online.',
    failed: 'Not paid',
    unheard: 'That does not belong to this payment.',
    again: 'Read another code',
    cancel: 'Cancel',
    done: 'Done',
  },
  {
    look: '受け取る人のコードを読み取る',
    agree: '支払いますか',
    to: (purse: string) => `宛先のウォレット ${purse}`,
    pay: '支払う',
    pin: '暗証番号',
    paying: '支払っています',
    show: '受け取る人に見せてください',
    showWhy: 'お金はウォレットを出ました。相手が読み取ったら、相手の画面のコードを読み取ってください。',
    code: '支払いのコード',
    paid: '支払いました',
    back: '戻りました',
    backWhy: '相手が受け取れなかったため、お金はウォレットに戻りました。',
    open: '送金中',
    openWhy:
      'お金はウォレットを出ました。相手の同じコードをもう一度読み取ると、また見せられます。両方がオンラインになっても届きます。',
    failed: '支払いませんでした',
    unheard: 'この支払いのコードではありません。',
    again: '別のコードを読み取る',
    cancel: 'やめる',
    done: '閉じる',
  },
);

type Step =
  | { readonly at: 'look' }
  | { readonly at: 'agree' | 'pin' | 'paying'; readonly request: TagRequestShown }
  | { readonly at: 'show'; readonly given: Given; readonly isStrange: boolean }
  | { readonly at: 'over'; readonly what: 'paid' | 'back' | 'open'; readonly amount: bigint }
  | { readonly at: 'failed'; readonly why: Undone };

export interface PayByCodeProps {
  readonly wallet: Wallet;
  readonly signals: Signals;
  readonly onClose: () => void;
}

export default function PayByCode({ wallet, signals, onClose }: PayByCodeProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const view = useView(wallet.parts.showing);
  const [step, setStep] = useState<Step>({ at: 'look' });
  const fail = (why: Undone) => {
    signals.give('alert');
    setStep({ at: 'failed', why });
  };
  const read = async (message: ShownMessage) => {
    if (message.kind !== 'request') return;
    const believed = await believeRequest(wallet, message.request);
    if (believed.status !== 'ok') return fail(believed);
    signals.give('tick');
    setStep({ at: 'agree', request: message.request });
  };
  const pay = async (request: TagRequestShown, pin: string | undefined) => {
    setStep({ at: 'paying', request });
    const paid = await payOn(wallet, request, pin);
    if (paid.status === 'pin_required') return setStep({ at: 'pin', request });
    if (paid.status !== 'ok') return fail(paid);
    setStep({ at: 'show', given: paid.value, isStrange: false });
  };
  const hear = async (given: Given, message: ShownMessage) => {
    // The payee goes on showing its request until it has read the payment.
    if (message.kind !== 'receipt') return;
    if (!isAbout(message.receipt, given.payment)) return setStep({ at: 'show', given, isStrange: true });
    const closed = await closePayment(wallet, message.receipt);
    if (closed.status !== 'ok') return setStep({ at: 'show', given, isStrange: true });
    const { amount, outcome } = closed.value;
    signals.give(outcome === 'credited' ? 'success' : 'alert');
    setStep({ at: 'over', what: outcome === 'credited' ? 'paid' : 'back', amount });
  };
  const near = step.at === 'show' ? step.given : undefined;
  useNearTags(near?.shown, (message) => {
    if (step.at === 'look') void read(message);
    if (near !== undefined) void hear(near, message);
  });
  const done = (
    <Button wide tone="primary" onPress={onClose}>
      {t.done}
    </Button>
  );
  switch (step.at) {
    case 'look':
      return (
        <section className="w-codes">
          <h1>{t.look}</h1>
          <Looking onMessage={(message) => void read(message)} />
          <div className="sk-actions">
            <Button wide tone="quiet" onPress={onClose}>
              {t.cancel}
            </Button>
          </div>
        </section>
      );
    case 'agree':
    case 'paying': {
      const { request } = step;
      const go = () =>
        needsPin(view, request.amount) ? setStep({ at: 'pin', request }) : void pay(request, undefined);
      return (
        <section className="w-codes">
          <h1>{t.agree}</h1>
          <Money amount={request.amount} size="large" />
          <p className="sk-soft">{t.to(hex(request.ticket.fields.purse).slice(-8))}</p>
          <div className="sk-actions">
            <Button wide tone="primary" icon={Send} busy={step.at === 'paying'} onPress={go}>
              {step.at === 'paying' ? t.paying : t.pay}
            </Button>
            <Button wide tone="quiet" onPress={onClose}>
              {t.cancel}
            </Button>
          </div>
        </section>
      );
    }
    case 'pin':
      return <AskPin wallet={wallet} label={t.pin} onDone={(pin) => void pay(step.request, pin)} />;
    case 'show':
      return (
        <section className="w-codes">
          <div role="status">
            <h1>{t.show}</h1>
            <p className="sk-soft">{step.isStrange ? t.unheard : t.showWhy}</p>
          </div>
          <Film message={step.given.shown} name={t.code} />
          <Looking small onMessage={(message) => void hear(step.given, message)} />
          <div className="sk-actions">
            <Button
              wide
              onPress={() => setStep({ at: 'over', what: 'open', amount: step.given.payment.fields.amount })}
            >
              {t.done}
            </Button>
          </div>
        </section>
      );
    case 'over': {
      const { what, amount } = step;
      const detail = { paid: undefined, back: t.backWhy, open: t.openWhy }[what];
      const kind = ({ paid: 'done', back: 'failed', open: 'unknown' } as const)[what];
      return (
        <ResultStage kind={kind} title={t[what]} amount={amount} detail={detail}>
          {done}
        </ResultStage>
      );
    }
    case 'failed':
      return (
        <ResultStage kind="failed" title={t.failed} detail={saysWhy(step.why, { language, ...view })}>
          <Button wide tone="primary" onPress={() => setStep({ at: 'look' })}>
            {t.again}
          </Button>
          {done}
        </ResultStage>
      );
  }
}
