/**
 * What the terminal's display shows.
 *
 * What must hold: one sale at a time; what waits for the line goes when the network is back; a terminal that could not be opened is opened
 * as soon as it can be.
 */
import { SokkinError } from '@sokkin/codec';
import { useEffect, useRef, useState } from 'react';
import type { NewsRoom } from '../news.ts';
import type { PosTerminal, Sold } from './terminal.ts';

/** A back-end that has just started has much to do, and a network comes back: what was begun is gone on with. */
const AGAIN_MS = 2_000;

export type PosState =
  | { readonly at: 'starting' }
  | { readonly at: 'broken'; readonly fault: string }
  | { readonly at: 'idle' }
  | { readonly at: 'card'; readonly amount: bigint; readonly isReading: boolean; readonly isAgain: boolean }
  | { readonly at: 'asking'; readonly amount: bigint }
  | { readonly at: 'over'; readonly amount: bigint; readonly sold: Sold };

export interface PosOnDesk {
  readonly state: PosState;
  charge(amount: bigint): Promise<void>;
  /** Only while a card is waited for. */
  stop(): void;
  clear(): void;
}

interface Wish {
  readonly place: string;
  readonly shop: string;
  readonly news: NewsRoom;
}

export function usePos({ place, shop, news }: Wish): PosOnDesk {
  const [state, setState] = useState<PosState>({ at: 'starting' });
  const terminal = useRef<PosTerminal>(undefined);
  const stopping = useRef<AbortController>(undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a shop is named once, when it is opened
  useEffect(() => {
    let isOn = true;
    let pause: ReturnType<typeof setTimeout> | undefined;
    const open = async () => {
      try {
        const { PosTerminal: Terminal } = await import('./terminal.ts');
        const opened = await Terminal.open({
          ...{ place, shop },
          onIso: (heard) => news.tell({ kind: 'iso', heard }),
        });
        if (!isOn) return opened.close();
        terminal.current = opened;
        setState({ at: 'idle' });
      } catch (error) {
        if (!isOn) return;
        setState({ at: 'broken', fault: sentence(error) });
        pause = setTimeout(() => void open(), AGAIN_MS);
      }
    };
    void open();
    return () => {
      isOn = false;
      clearTimeout(pause);
      stopping.current?.abort();
      terminal.current?.close();
    };
  }, [place, news]);
  useEffect(
    () =>
      news.hear((one) => {
        if (one.kind === 'network' && one.isOn) void terminal.current?.upload();
      }),
    [news],
  );
  const charge = async (amount: bigint) => {
    const pos = terminal.current;
    if (pos === undefined || state.at === 'card' || state.at === 'asking') return;
    const stop = new AbortController();
    stopping.current = stop;
    setState({ at: 'card', amount, isReading: false, isAgain: false });
    news.tell({ kind: 'sale', state: 'waiting', amount });
    try {
      const sold = await pos.sell({
        amount,
        signal: stop.signal,
        onUi: ({ status, message }) =>
          setState({
            ...{ at: 'card', amount },
            isReading: status === 'processing',
            isAgain: message === 'presentAgain' || message === 'processingError',
          }),
        onAsking: () => setState({ at: 'asking', amount }),
      });
      if (stop.signal.aborted) return;
      setState({ at: 'over', amount, sold });
      const isPaid = sold.status === 'booked' && ['approved', 'queued', 'sent'].includes(sold.entry.standing);
      news.tell({ kind: 'sale', state: isPaid ? 'approved' : 'declined', amount });
    } catch (error) {
      if (error instanceof SokkinError && error.code === 'no_card') return;
      if (!stop.signal.aborted)
        setState({ at: 'over', amount, sold: { status: 'no_payment', because: sentence(error) } });
    }
  };
  return {
    state,
    charge,
    stop() {
      stopping.current?.abort();
      setState({ at: 'idle' });
    },
    clear() {
      if (state.at === 'over') setState({ at: 'idle' });
    },
  };
}

const sentence = (error: unknown): string => (error instanceof Error ? error.message : String(error));
