/**
 * The PIN of the wallet's own purse: by its passkey, where there is one, or typed.
 *
 * What must hold: whatever becomes of the passkey, the PIN can be typed; a PIN that the purse refused is not given by the passkey at once again.
 */
import { Button, catalogue, PinPad, useTexts } from '@sokkin/ui';
import { Fingerprint } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { Wallet } from '../wallet/wallet.ts';

const TEXTS = catalogue(
  {
    use: 'Use the passkey',
    asking: 'Waiting for your passkey',
    refused: 'The passkey was not used. Type the PIN.',
    stale: 'The PIN has changed since the passkey was made. Type it.',
  },
  {
    use: 'パスキーを使う',
    asking: 'パスキーを待っています',
    refused: 'パスキーは使われませんでした。暗証番号を入力してください。',
    stale: 'パスキーを作ったあとに暗証番号が変わっています。入力してください。',
  },
);

export interface AskPinProps {
  readonly wallet: Wallet;
  readonly label: string;
  /** Why the last one was not taken. */
  readonly error?: string | undefined;
  readonly onDone: (pin: string) => void;
}

type State = 'looking' | 'typed' | 'idle' | 'asking' | 'refused' | 'stale';

export function AskPin({ wallet, label, error, onDone }: AskPinProps) {
  const t = useTexts(TEXTS);
  const [state, setState] = useState<State>('looking');
  const stop = useRef(new AbortController());
  const ask = async () => {
    stop.current.abort();
    const own = new AbortController();
    stop.current = own;
    setState('asking');
    const { openPin } = await import('../wallet/passkey.ts');
    // A purse that is away says so on its own screen.
    const opened = await openPin(wallet, own.signal).catch(() => ({ status: 'refused' }) as const);
    if (own.signal.aborted) return;
    if (opened.status !== 'ok') return setState(opened.status);
    setState('idle');
    onDone(opened.pin);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, for as long as this is on the screen
  useEffect(() => {
    let isOn = true;
    void wallet.parts.store.get('passkey').then((kept) => {
      if (!isOn) return;
      if (kept === undefined || kept.isStale) setState('typed');
      else if (error === undefined) void ask();
      else setState('idle');
    });
    return () => {
      isOn = false;
      stop.current.abort();
    };
  }, []);
  if (state === 'looking') return null;
  const isOffered = state !== 'typed' && state !== 'stale';
  const said = state === 'refused' || state === 'stale' ? t[state] : undefined;
  return (
    <div className="w-stack">
      <PinPad
        label={label}
        error={said ?? error}
        onDone={(pin) => {
          stop.current.abort();
          // What becomes of this one is said from now on.
          setState(isOffered ? 'idle' : 'typed');
          onDone(pin);
        }}
      />
      {isOffered && (
        <Button wide icon={Fingerprint} busy={state === 'asking'} onPress={() => void ask()}>
          {state === 'asking' ? t.asking : t.use}
        </Button>
      )}
    </div>
  );
}
