/** What is typed before the first sale. What must hold: each step asks one thing, and goes on with Enter. */
import {
  Banner,
  Button,
  catalogue,
  Field,
  LANGUAGES,
  Mark,
  Segments,
  Select,
  useLanguage,
  useTexts,
} from '@sokkin/ui';
import { KeyRound, Store } from 'lucide-react';
import type { ReactNode } from 'react';

export const WELCOME = catalogue(
  {
    language: 'Language',
    hello: 'This device is your till',
    what: 'It takes cards and phones, with a network or without. What phones and purse cards pay is yours at once.',
    sandbox: 'Try it with a shop of your own',
    code: 'Enrol with a code',
    name: 'Name of the shop',
    nameHint: 'It stands on receipts, and on the phone of who pays.',
    category: 'What you sell',
    bakery: 'Bakery',
    grocery: 'Groceries',
    restaurant: 'Restaurant',
    clothes: 'Clothes',
    books: 'Books',
    taxi: 'Taxi',
    other: 'Other',
    next: 'Next',
    back: 'Back',
    enrolment: 'Code from your acquirer',
    enrolmentHint: 'It is good once. Letters and digits, as you were given them.',
    manager: 'Your name',
    managerHint: 'You are the first manager. More people can be added later.',
    pin: 'Choose a PIN for the till',
    again: 'Type it once more',
    different: 'These were two different PINs. Choose again.',
    working: 'Opening your shop',
    workingWhy: 'An account, a terminal and a purse are made. Their keys never leave this browser.',
    failed: 'Not done yet',
    kept: 'What was done is kept. It goes on where it stopped.',
    retry: 'Go on',
    change: 'Change what was typed',
  },
  {
    language: '言語',
    hello: 'この端末がレジになります',
    what: 'カードもスマホも、電波がなくても受け付けます。スマホやウォレットカードのお金は、すぐに使えます。',
    sandbox: 'お試しの店を作る',
    code: 'コードで登録する',
    name: 'お店の名前',
    nameHint: 'レシートと、お客様のスマホに表示されます。',
    category: '業種',
    bakery: 'パン・菓子',
    grocery: '食料品',
    restaurant: '飲食店',
    clothes: '衣料品',
    books: '書籍',
    taxi: 'タクシー',
    other: 'その他',
    next: '次へ',
    back: '戻る',
    enrolment: '登録コード',
    enrolmentHint: '契約会社から届いた英数字です。使えるのは1回です。',
    manager: 'あなたの名前',
    managerHint: '最初の店長になります。担当者はあとで追加できます。',
    pin: 'レジの暗証番号を決める',
    again: 'もう一度入力',
    different: '2つの暗証番号が違います。もう一度決めてください。',
    working: 'お店を開いています',
    workingWhy: '口座、端末、ウォレットを作っています。鍵はこのブラウザの外に出ません。',
    failed: 'まだ完了していません',
    kept: '済んだところまで保存されています。続きから再開します。',
    retry: '続ける',
    change: '入力し直す',
  },
);

/** ISO 18245. */
const CATEGORIES = [
  ['5462', 'bakery'],
  ['5411', 'grocery'],
  ['5812', 'restaurant'],
  ['5651', 'clothes'],
  ['5942', 'books'],
  ['4121', 'taxi'],
  ['5999', 'other'],
] as const;
const NAMES = { ja: '日本語', en: 'English' } as const;
const MOST_NAME = 40;

export function Hello({
  onSandbox,
  onCode,
}: {
  readonly onSandbox: () => void;
  readonly onCode: () => void;
}) {
  const t = useTexts(WELCOME);
  const { language, choose } = useLanguage();
  return (
    <section className="t-centre t-tall">
      <Mark size={88} />
      <h1>{t.hello}</h1>
      <p className="sk-soft">{t.what}</p>
      <Segments
        name={t.language}
        choices={LANGUAGES.map((value) => ({ value, label: NAMES[value] }))}
        value={language}
        onChange={choose}
      />
      <div className="sk-actions">
        <Button tone="primary" wide icon={Store} onPress={onSandbox}>
          {t.sandbox}
        </Button>
        <Button wide icon={KeyRound} onPress={onCode}>
          {t.code}
        </Button>
      </div>
    </section>
  );
}

interface StepProps {
  readonly title: string;
  readonly isReady: boolean;
  readonly onNext: () => void;
  readonly onBack: () => void;
  readonly children: ReactNode;
}

function StepForm({ title, isReady, onNext, onBack, children }: StepProps) {
  const t = useTexts(WELCOME);
  return (
    <form
      className="t-stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) onNext();
      }}
    >
      <h1>{title}</h1>
      {children}
      <Button tone="primary" wide submits disabled={!isReady}>
        {t.next}
      </Button>
      <Button wide onPress={onBack}>
        {t.back}
      </Button>
    </form>
  );
}

interface ShopFormProps {
  readonly name: string;
  readonly category: string;
  readonly onChange: (change: { readonly name?: string; readonly category?: string }) => void;
  readonly onNext: () => void;
  readonly onBack: () => void;
}

export function ShopForm({ name, category, onChange, onNext, onBack }: ShopFormProps) {
  const t = useTexts(WELCOME);
  return (
    <StepForm title={t.sandbox} isReady={name.trim() !== ''} onNext={onNext} onBack={onBack}>
      <Field
        label={t.name}
        value={name}
        onChange={(text) => onChange({ name: text })}
        hint={t.nameHint}
        maxLength={MOST_NAME}
        autoComplete="organization"
      />
      <Select
        label={t.category}
        value={category}
        onChange={(value) => onChange({ category: value })}
        choices={CATEGORIES.map(([value, label]) => ({ value, label: t[label] }))}
      />
    </StepForm>
  );
}

interface CodeFormProps {
  readonly code: string;
  readonly onChange: (change: { readonly code: string }) => void;
  readonly onNext: () => void;
  readonly onBack: () => void;
}

export function CodeForm({ code, onChange, onNext, onBack }: CodeFormProps) {
  const t = useTexts(WELCOME);
  return (
    <StepForm title={t.code} isReady={code.trim() !== ''} onNext={onNext} onBack={onBack}>
      <Field
        label={t.enrolment}
        value={code}
        onChange={(text) => onChange({ code: text })}
        hint={t.enrolmentHint}
        maxLength={200}
        autoComplete="one-time-code"
      />
    </StepForm>
  );
}

interface ManagerFormProps {
  readonly manager: string;
  readonly onChange: (change: { readonly manager: string }) => void;
  readonly onNext: () => void;
  readonly onBack: () => void;
}

export function ManagerForm({ manager, onChange, onNext, onBack }: ManagerFormProps) {
  const t = useTexts(WELCOME);
  return (
    <StepForm title={t.manager} isReady={manager.trim() !== ''} onNext={onNext} onBack={onBack}>
      <Field
        label={t.manager}
        value={manager}
        onChange={(text) => onChange({ manager: text })}
        hint={t.managerHint}
        maxLength={MOST_NAME}
        autoComplete="name"
      />
    </StepForm>
  );
}

interface FailedProps {
  readonly fault: string | undefined;
  readonly onAgain: () => void;
  readonly onChange: () => void;
}

export function Failed({ fault, onAgain, onChange }: FailedProps) {
  const t = useTexts(WELCOME);
  return (
    <section className="t-stack">
      <h1>{t.failed}</h1>
      <Banner mood="bad" title={fault ?? t.failed}>
        <p>{t.kept}</p>
      </Banner>
      <Button tone="primary" wide onPress={onAgain}>
        {t.retry}
      </Button>
      <Button wide onPress={onChange}>
        {t.change}
      </Button>
    </section>
  );
}
