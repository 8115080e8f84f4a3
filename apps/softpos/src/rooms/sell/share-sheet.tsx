/** How much less, or how much on top: a share in per cent, or an amount. What must hold: what it comes to is seen before it is taken. */
import { Button, Chips, catalogue, Keypad, Money, Segments, Sheet, useTexts, useTyped } from '@sokkin/ui';
import { useState } from 'react';
import { priceOf, type Share } from '../../shop/basket.ts';
import { useNow } from '../shop-context.tsx';
import { MOST_TYPED } from './typed.ts';

const TEXTS = catalogue(
  {
    by: 'How',
    percent: 'Per cent',
    amount: 'Amount',
    take: 'Apply',
    none: 'None',
    discount: 'Discount',
    tip: 'Tip',
  },
  {
    by: '決め方',
    percent: '割合',
    amount: '金額',
    take: '適用する',
    none: 'なし',
    discount: '割引',
    tip: 'チップ',
  },
);
const DISCOUNTS = [5, 10, 15, 20, 30, 50] as const;
const TIPS = [5, 10, 15, 20] as const;

export type Shared = 'discount' | 'tip';
export interface ShareSheetProps {
  readonly what: Shared;
  readonly open: boolean;
  readonly onDone: (share: Share | undefined) => void;
  readonly onClose: () => void;
}

export function ShareSheet(props: ShareSheetProps) {
  const t = useTexts(TEXTS);
  return (
    <Sheet title={t[props.what]} open={props.open} onClose={props.onClose}>
      <Choose {...props} />
    </Sheet>
  );
}

function Choose({ what, onDone }: ShareSheetProps) {
  const t = useTexts(TEXTS);
  const { basket, configuration } = useNow();
  const before = basket[what];
  const offered = configuration?.tips ?? [];
  const percents = what === 'discount' ? DISCOUNTS : offered.length > 0 ? offered : TIPS;
  const [by, setBy] = useState<'percent' | 'amount'>(before && 'amount' in before ? 'amount' : 'percent');
  const [percent, setPercent] = useState(before && 'percent' in before ? before.percent : (percents[0] ?? 0));
  const [typed, type] = useTyped();
  const share: Share = by === 'percent' ? { percent } : { amount: typed.amount };
  const priced = priceOf({ ...basket, [what]: share });
  const comes = priced[what];
  return (
    <div className="t-stack">
      <Segments
        name={t.by}
        value={by}
        onChange={setBy}
        choices={[
          { value: 'percent', label: t.percent },
          { value: 'amount', label: t.amount },
        ]}
      />
      <p className="t-amount">
        <Money amount={comes} size="large" />
      </p>
      {by === 'percent' ? (
        <Chips
          name={t.percent}
          value={String(percent)}
          onChange={(next) => setPercent(Number(next))}
          choices={percents.map((one) => ({ value: String(one), label: `${one}%` }))}
        />
      ) : (
        <Keypad typed={typed} onType={type} most={what === 'discount' ? priced.lines : MOST_TYPED} />
      )}
      <div className="t-two">
        <Button wide onPress={() => onDone(undefined)}>
          {t.none}
        </Button>
        <Button wide tone="primary" disabled={comes === 0n} onPress={() => onDone(share)}>
          {t.take}
        </Button>
      </div>
    </div>
  );
}
