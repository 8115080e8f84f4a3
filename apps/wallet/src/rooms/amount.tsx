/** Typing how much. */
import { Button, catalogue, Keypad, Money, useTexts, useTyped } from '@sokkin/ui';
import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

const TEXTS = catalogue({ back: 'Back' }, { back: '戻る' });

export interface AmountProps {
  readonly title: string;
  readonly hint?: ReactNode;
  readonly action: string;
  readonly icon?: LucideIcon;
  /** Minor units. */
  readonly most: bigint;
  readonly onDone: (amount: bigint) => void;
  readonly onBack: () => void;
}

export function AmountEntry({ title, hint, action, icon, most, onDone, onBack }: AmountProps) {
  const t = useTexts(TEXTS);
  const [typed, type] = useTyped();
  return (
    <>
      <section className="w-hero">
        <h1>{title}</h1>
        <Money amount={typed.amount} size="large" />
        {hint !== undefined && <p className="sk-soft">{hint}</p>}
      </section>
      <Keypad typed={typed} onType={type} most={most} />
      <div className="sk-actions">
        <Button
          tone="primary"
          wide
          {...(icon === undefined ? {} : { icon })}
          disabled={typed.amount === 0n}
          onPress={() => onDone(typed.amount)}
        >
          {action}
        </Button>
        <Button tone="quiet" wide onPress={onBack}>
          {t.back}
        </Button>
      </div>
    </>
  );
}
