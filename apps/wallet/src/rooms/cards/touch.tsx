/**
 * A card is held here. What must hold: at any moment the screen says what to do with which card; one that left too early, or the wrong one,
 * is told apart from one that said no.
 */

import type { ApduTransport } from '@sokkin/terminal';
import { Button, catalogue, type Signals, TapStage, useTexts } from '@sokkin/ui';
import { fieldReader, type Wire } from '@sokkin/web';
import { type ReactNode, useEffect, useState } from 'react';
import { type TouchState, touching } from '../../wallet/cards/touch.ts';
import { wasStopped } from '../../wallet/receive.ts';
import type { Done } from '../../wallet/wallet.ts';
import { LentReader, useLending } from './lent-reader.tsx';

const TEXTS = catalogue(
  {
    reading: 'Do not move it',
    lost: 'Hold the same card here again',
    lostWhy: 'It left too early. Nothing is lost, and nothing is paid twice.',
    other: 'That is another card',
    otherWhy: 'Nothing was done with it.',
    cancel: 'Cancel',
  },
  {
    reading: '動かさないでください',
    lost: '同じカードをもう一度かざしてください',
    lostWhy: '早く離れました。お金は失われず、二重にも支払われません。',
    other: '別のカードです',
    otherWhy: 'そのカードには何もしていません。',
    cancel: 'やめる',
  },
);

export interface Air {
  readonly field: Wire;
  readonly signals: Signals;
}

export interface CardTouchProps<T> extends Air {
  /** What to hold here. */
  readonly says: string;
  readonly detail?: string | undefined;
  readonly amount?: bigint | undefined;
  readonly run: (card: ApduTransport, again: boolean) => Promise<Done<T>>;
  readonly onOver: (came: Done<T>) => void;
  readonly onCancel: () => void;
  /** Another way on, beside giving up. */
  readonly children?: ReactNode;
}

export function CardTouch<T>(props: CardTouchProps<T>) {
  const { field, signals, says, detail, amount, run, onOver, onCancel, children } = props;
  const t = useTexts(TEXTS);
  const { readers } = useLending();
  const [state, setState] = useState<TouchState>('waiting');
  // biome-ignore lint/correctness/useExhaustiveDependencies: one touch, for as long as this is on the screen
  useEffect(() => {
    const stop = new AbortController();
    const onState = (next: TouchState) => {
      if (next === 'lost' || next === 'other') signals.give('alert');
      setState(next);
    };
    touching({ reader: readers.beside(fieldReader(field)), signal: stop.signal, onState }, run).then(
      (came) => {
        if (!stop.signal.aborted) onOver(came);
      },
      (error) => {
        if (!wasStopped(error)) onOver({ status: 'said', code: 'failed', message: String(error) });
      },
    );
    return () => stop.abort();
  }, []);
  const now = {
    waiting: { stage: 'waiting', says, detail },
    reading: { stage: 'reading', says: t.reading, detail },
    lost: { stage: 'lost', says: t.lost, detail: t.lostWhy },
    other: { stage: 'lost', says: t.other, detail: `${t.otherWhy} ${says}` },
  } as const;
  const { stage, says: shown, detail: more } = now[state];
  return (
    <TapStage state={stage} amount={amount} says={shown} detail={more}>
      {children}
      <Button wide onPress={onCancel}>
        {t.cancel}
      </Button>
      {state !== 'reading' && <LentReader />}
    </TapStage>
  );
}
