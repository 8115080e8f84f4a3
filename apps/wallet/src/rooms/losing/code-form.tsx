/** Where a code is typed or pasted. What must hold: spaces, dashes and small letters do not matter, and a whole link will do. */
import { Banner, Button, catalogue, Field, useTexts } from '@sokkin/ui';
import { type ReactNode, useState } from 'react';
import { codeIn } from '../../wallet/losing.ts';

const TEXTS = catalogue(
  {
    code: 'Your code',
    hint: 'From your other phone, from a slip of paper, or from your bank.',
    wrong: 'A code has 26 letters and digits.',
  },
  {
    code: 'コード',
    hint: '別のスマホ、書き留めた紙、または銀行の窓口で受け取ったもの。',
    wrong: 'コードは26文字の英数字です。',
  },
);

export interface CodeFormProps {
  readonly title: string;
  readonly action: string;
  /** Why the one before was none. */
  readonly fault?: string | undefined;
  readonly busy?: boolean;
  readonly children?: ReactNode;
  readonly onDone: (code: string) => void;
}

export function CodeForm({ title, action, fault, busy = false, children, onDone }: CodeFormProps) {
  const t = useTexts(TEXTS);
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState<string>();
  return (
    <form
      className="w-stack"
      onSubmit={(event) => {
        event.preventDefault();
        const code = codeIn(text);
        setWrong(code === undefined ? t.wrong : undefined);
        if (code !== undefined) onDone(code);
      }}
    >
      <h1>{title}</h1>
      {fault !== undefined && <Banner mood="bad" title={fault} />}
      <Field label={t.code} hint={t.hint} value={text} onChange={setText} error={wrong} autoComplete="off" />
      {children}
      <Button tone="primary" wide submits busy={busy} disabled={text.trim() === ''}>
        {action}
      </Button>
    </form>
  );
}
