/** A reader of this machine: connected with the code that `sokkin bridge` shows, then chosen. What must hold: a code is typed once, while the bridge runs. */
import { Banner, Button, catalogue, Field, Row, Rows, useTexts } from '@sokkin/ui';
import { type Bridge, openBridge } from '@sokkin/web';
import { Usb } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import type { LentPlace } from '../../wallet/cards/readers.ts';
import { bridgeAddress } from '../../wallet/place.ts';

const TEXTS = catalogue(
  {
    how: 'On this machine, start the bridge to its readers. It shows a code.',
    code: 'Code of the bridge',
    codeHint: 'Six digits, good for five minutes.',
    connect: 'Connect',
    which: 'Which reader?',
    card: 'A card lies on it',
    empty: 'Empty',
    mute: 'Something lies on it that does not answer',
    none: 'No reader is connected to this machine.',
    failed: 'The bridge cannot be reached, or does not take this code.',
  },
  {
    how: 'このパソコンで、リーダーへのブリッジを起動してください。コードが表示されます。',
    code: 'ブリッジのコード',
    codeHint: '6桁。5分間有効です。',
    connect: '接続する',
    which: 'どのリーダーですか',
    card: 'カードがあります',
    empty: 'カードなし',
    mute: '応答しないものが置かれています',
    none: 'このパソコンにリーダーがつながっていません。',
    failed: 'ブリッジにつながらないか、コードが違います。',
  },
);

export interface ChooseReaderProps {
  /** From before: tried first. */
  readonly known?: { readonly key: string; readonly without?: string } | undefined;
  readonly onChosen: (lent: LentPlace) => void;
  /** Before the code is typed. */
  readonly children?: ReactNode;
}

interface Found {
  readonly key: string;
  readonly readers: Awaited<ReturnType<Bridge['readers']>>;
}

async function find(pair: { readonly code: string } | { readonly key: string }): Promise<Found> {
  const bridge = await openBridge({ url: bridgeAddress(), pair });
  try {
    return { key: bridge.key, readers: await bridge.readers() };
  } finally {
    bridge.close();
  }
}

export function ChooseReader({ known, onChosen, children }: ChooseReaderProps) {
  const t = useTexts(TEXTS);
  const [code, setCode] = useState('');
  const [state, setState] = useState<'idle' | 'busy' | 'failed'>('idle');
  const [found, setFound] = useState<Found>();
  const key = known?.key;
  useEffect(() => {
    let isOn = true;
    // One that has ended, or knows this page no more: its code is asked for.
    const show = (again: Found) => {
      if (isOn) setFound(again);
    };
    if (key !== undefined) find({ key }).then(show, () => undefined);
    return () => {
      isOn = false;
    };
  }, [key]);
  const connect = async () => {
    setState('busy');
    try {
      setFound(await find({ code }));
    } catch {
      setState('failed');
    }
  };
  if (found !== undefined) {
    const readers = found.readers.filter(({ name }) => name !== known?.without);
    return (
      <div className="w-stack">
        <p>{readers.length === 0 ? t.none : t.which}</p>
        <Rows name={t.which}>
          {readers.map(({ name, state: lies }) => (
            <Row
              key={name}
              icon={Usb}
              title={name}
              detail={t[lies]}
              onPress={() => onChosen({ url: bridgeAddress(), key: found.key, reader: name })}
            />
          ))}
        </Rows>
      </div>
    );
  }
  return (
    <form
      className="w-stack"
      onSubmit={(event) => {
        event.preventDefault();
        void connect();
      }}
    >
      {children}
      <p>{t.how}</p>
      <code className="w-command">sokkin bridge --origin {location.origin}</code>
      {state === 'failed' && <Banner mood="bad" title={t.failed} />}
      <Field
        label={t.code}
        value={code}
        onChange={setCode}
        hint={t.codeHint}
        inputMode="numeric"
        autoComplete="off"
        maxLength={6}
      />
      <Button tone="primary" wide submits busy={state === 'busy'} disabled={!/^[0-9]{6}$/.test(code)}>
        {t.connect}
      </Button>
    </form>
  );
}
