/**
 * The first minute: language, what it is, a shop of the sandbox or a terminal by its code, the first manager and his PIN.
 *
 * What must hold: nothing that was typed is asked twice, also when the network fails in the middle; the PIN is kept no longer than until it is handed on.
 */
import { Mark, PinPad, useTexts } from '@sokkin/ui';
import { useState } from 'react';
import { useNoWords } from '../../no-words.ts';
import { useShop } from '../shop-context.tsx';
import { CodeForm, Failed, Hello, ManagerForm, ShopForm, WELCOME } from './forms.tsx';

type Step = 'hello' | 'shop' | 'code' | 'manager' | 'pin' | 'pin_again' | 'working' | 'failed';

export default function Welcome() {
  const t = useTexts(WELCOME);
  const shop = useShop();
  const no = useNoWords();
  const [step, setStep] = useState<Step>('hello');
  const [wish, setWish] = useState({ name: '', category: '5462', code: '', manager: '' });
  const [isSandbox, setSandbox] = useState(true);
  const [pin, setPin] = useState('');
  const [fault, setFault] = useState<string>();
  const change = (more: Partial<typeof wish>) => setWish({ ...wish, ...more });
  const begin = async () => {
    setStep('working');
    const manager = { name: wish.manager.trim(), pin };
    const done = isSandbox
      ? await shop.open({ name: wish.name.trim(), category: wish.category, manager })
      : await shop.enrol({ code: wish.code.trim(), manager });
    if (done.status === 'ok') return;
    setFault(no(done));
    setStep('failed');
  };
  const isFor = (sandbox: boolean) => {
    setSandbox(sandbox);
    setStep(sandbox ? 'shop' : 'code');
  };
  switch (step) {
    case 'hello':
      return <Hello onSandbox={() => isFor(true)} onCode={() => isFor(false)} />;
    case 'shop':
      return (
        <ShopForm
          name={wish.name}
          category={wish.category}
          onChange={change}
          onNext={() => setStep('manager')}
          onBack={() => setStep('hello')}
        />
      );
    case 'code':
      return (
        <CodeForm
          code={wish.code}
          onChange={change}
          onNext={() => setStep('manager')}
          onBack={() => setStep('hello')}
        />
      );
    case 'manager':
      return (
        <ManagerForm
          manager={wish.manager}
          onChange={change}
          onNext={() => setStep('pin')}
          onBack={() => isFor(isSandbox)}
        />
      );
    case 'pin':
      return (
        <PinPad
          key="pin"
          label={t.pin}
          error={fault}
          least={4}
          length={8}
          onDone={(typed) => {
            setPin(typed);
            setFault(undefined);
            setStep('pin_again');
          }}
        />
      );
    case 'pin_again':
      return (
        <PinPad
          key="again"
          label={t.again}
          least={4}
          length={8}
          onDone={(typed) => {
            if (typed === pin) return void begin();
            setFault(t.different);
            setStep('pin');
          }}
        />
      );
    case 'working':
      return (
        <section className="t-centre t-tall" role="status">
          <Mark size={64} />
          <h1>{t.working}</h1>
          <p className="sk-soft">{t.workingWhy}</p>
        </section>
      );
    case 'failed':
      return <Failed fault={fault} onAgain={() => void begin()} onChange={() => isFor(isSandbox)} />;
  }
}
