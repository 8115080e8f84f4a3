/** A phone that was given up is found: with a code of its holder it joins anew, and its money is here again. */
import { Button, catalogue, ResultStage, useLanguage, useTexts } from '@sokkin/ui';
import { useState } from 'react';
import { comeBack } from '../../wallet/losing.ts';
import type { Done, Wallet } from '../../wallet/wallet.ts';
import { saysWhy } from '../../words.ts';
import { CodeForm } from './code-form.tsx';

const TEXTS = catalogue(
  {
    title: 'I found this phone',
    why: 'Make a code on your other phone, or ask your bank. The report is taken back, unless it was reported stolen or is refunded already.',
    do: 'Join again',
    done: 'It is yours again',
    back: 'Back',
    close: 'Done',
  },
  {
    title: 'このスマホが見つかった',
    why: '別のスマホでコードを作るか、銀行に依頼してください。届け出は取り下げられます（盗難、返金済みの場合を除く）。',
    do: '登録し直す',
    done: 'また使えるようになりました',
    back: '戻る',
    close: '閉じる',
  },
);

export function Found({ wallet, onClose }: { readonly wallet: Wallet; readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const [state, setState] = useState<Done | 'busy'>();
  const run = async (code: string) => {
    setState('busy');
    setState(await comeBack(wallet, code));
  };
  if (state !== undefined && state !== 'busy' && state.status === 'ok')
    return (
      <ResultStage kind="done" title={t.done}>
        <Button tone="primary" wide onPress={onClose}>
          {t.close}
        </Button>
      </ResultStage>
    );
  const fault = state === undefined || state === 'busy' ? undefined : saysWhy(state, { language });
  return (
    <>
      <CodeForm
        title={t.title}
        action={t.do}
        fault={fault}
        busy={state === 'busy'}
        onDone={(code) => void run(code)}
      >
        <p className="sk-soft">{t.why}</p>
      </CodeForm>
      <Button tone="quiet" wide onPress={onClose}>
        {t.back}
      </Button>
    </>
  );
}
