/**
 * The ordinary terminal as it stands on a counter: a small display, keys, a slip of paper.
 *
 * What must hold: what was not paid is never called paid; the payer sees the same amount until the end; whatever a pointer can do with the
 * keys, a keyboard can, too.
 */
import { catalogue, Lights, type LightsState, moneyText, useLanguage, useTexts } from '@sokkin/ui';
import { useEffect, useRef, useState } from 'react';
import type { NewsRoom } from '../news.ts';
import { Slip } from './slip.tsx';
import { type PosState, usePos } from './use-pos.ts';

const TEXTS = catalogue(
  {
    starting: 'Starting',
    broken: 'Out of order',
    amount: 'Amount',
    card: 'Hold the card here',
    asking: 'Asking the bank',
    again: 'Hold the card here again',
    approved: 'Approved',
    offline: 'Approved offline',
    declined: 'Declined',
    reversed: 'Not paid: no answer',
    cannot: 'This card cannot pay here',
    key: (digit: string) => `POS key ${digit}`,
    clear: 'POS: clear',
    charge: 'Charge',
    cancel: 'Cancel',
    keys: 'Keys of the POS',
    slip: 'Slip of the POS',
  },
  {
    starting: '起動中',
    broken: '使えません',
    amount: '金額',
    card: 'カードをかざしてください',
    asking: '銀行に照会中',
    again: 'もう一度かざしてください',
    approved: '承認',
    offline: 'オフライン承認',
    declined: '承認されませんでした',
    reversed: '応答なし：支払いなし',
    cannot: 'このカードは使えません',
    key: (digit: string) => `POSの${digit}`,
    clear: 'POSの取消',
    charge: '会計',
    cancel: '中止',
    keys: 'POSのキー',
    slip: 'POSのレシート',
  },
);

const DIGITS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '00'] as const;
const MOST_DIGITS = 7;

export interface PosScreenProps {
  readonly place: string;
  readonly shop: string;
  readonly news: NewsRoom;
}

export function PosScreen({ place, shop, news }: PosScreenProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const pos = usePos({ place, shop, news });
  const [typed, setTyped] = useState('');
  const { state } = pos;
  const isTyping = state.at === 'idle' || state.at === 'over';
  const amount = isTyping ? BigInt(typed === '' ? '0' : typed) : (amountOf(state) ?? 0n);
  const type = (digit: string) => {
    if (!isTyping) return;
    if (state.at === 'over') pos.clear();
    const next = `${state.at === 'over' ? '' : typed}${digit}`.replace(/^0+/, '');
    if (next.length <= MOST_DIGITS) setTyped(next);
  };
  const clear = () => {
    setTyped('');
    pos.clear();
  };
  const charge = () => {
    if (typed === '') return;
    setTyped('');
    void pos.charge(BigInt(typed));
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: digits that are typed while one of its keys has the focus
    <div
      className="d-pos"
      onKeyDown={({ key }) => {
        if (/^\d$/.test(key)) type(key);
        if (key === 'Backspace') clear();
      }}
    >
      <div className="d-pos-display">
        <Lights state={lightsOf(state)} />
        <p className="d-pos-says" role="status">
          {saysOf(state, t)}
        </p>
        {state.at === 'over' && state.sold.status === 'no_payment' && (
          <p className="d-pos-why">{state.sold.because}</p>
        )}
        <p className="d-pos-amount sk-number">{moneyText(shownAmount(state, amount), language)}</p>
      </div>
      <fieldset className="d-pos-keys" disabled={state.at === 'starting' || state.at === 'broken'}>
        <legend className="sk-unseen">{t.keys}</legend>
        {DIGITS.map((digit) => (
          <button key={digit} type="button" aria-label={t.key(digit)} onClick={() => type(digit)}>
            {digit}
          </button>
        ))}
        <button type="button" data-key="clear" aria-label={t.clear} onClick={clear}>
          C
        </button>
        {state.at === 'card' || state.at === 'asking' ? (
          <button type="button" data-key="stop" disabled={state.at === 'asking'} onClick={pos.stop}>
            {t.cancel}
          </button>
        ) : (
          <button type="button" data-key="charge" disabled={typed === ''} onClick={charge}>
            {t.charge}
          </button>
        )}
      </fieldset>
      <Paper state={state} shop={shop} />
    </div>
  );
}

/** The slip comes out of the terminal, and stays until the next sale. */
function Paper({ state, shop }: { readonly state: PosState; readonly shop: string }) {
  const t = useTexts(TEXTS);
  const slot = useRef<HTMLElement>(null);
  const entry = state.at === 'over' && state.sold.status === 'booked' ? state.sold.entry : undefined;
  useEffect(() => {
    if (entry !== undefined) slot.current?.scrollTo({ top: 0 });
  }, [entry]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a slip that is longer than its slot is scrolled by keyboard, too
    <section className="d-pos-paper" ref={slot} aria-label={t.slip} tabIndex={0}>
      {entry !== undefined && <Slip entry={entry} shop={shop} />}
    </section>
  );
}

const amountOf = (state: PosState): bigint | undefined => ('amount' in state ? state.amount : undefined);

/** After a sale the display shows what was sold, until something is typed. */
const shownAmount = (state: PosState, typed: bigint): bigint =>
  state.at === 'over' && typed === 0n ? state.amount : typed;

function lightsOf(state: PosState): LightsState {
  switch (state.at) {
    case 'starting':
    case 'broken':
      return 'off';
    case 'idle':
      return 'idle';
    case 'card':
      return state.isReading ? 'reading' : 'ready';
    case 'asking':
      return 'read';
    case 'over':
      return isPaid(state) ? 'read' : 'failed';
  }
}

const isPaid = (state: PosState): boolean =>
  state.at === 'over' &&
  state.sold.status === 'booked' &&
  ['approved', 'queued', 'sent'].includes(state.sold.entry.standing);

type Texts = (typeof TEXTS)['en'] | (typeof TEXTS)['ja'];

function saysOf(state: PosState, t: Texts): string {
  switch (state.at) {
    case 'starting':
      return t.starting;
    case 'broken':
      return `${t.broken}: ${state.fault}`;
    case 'idle':
      return t.amount;
    case 'card':
      return state.isAgain ? t.again : t.card;
    case 'asking':
      return t.asking;
    case 'over': {
      if (state.sold.status === 'no_payment') return t.cannot;
      const { standing, code, kind } = state.sold.entry;
      if (isPaid(state)) return kind === 'offline' ? t.offline : t.approved;
      return standing === 'declined' ? `${t.declined} (${code ?? ''})` : t.reversed;
    }
  }
}
