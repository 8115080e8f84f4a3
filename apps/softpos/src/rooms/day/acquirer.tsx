/** What the acquirer said of a day's totals. */
import { Badge, catalogue, useTexts } from '@sokkin/ui';
import type { ClosedDay } from '../../shop/view.ts';

const TEXTS = catalogue(
  {
    balanced: 'The acquirer has the same totals',
    different: (code: string) => `The acquirer has other totals (${code})`,
    waits: 'The acquirer has not answered yet',
  },
  {
    balanced: '契約会社の集計と一致',
    different: (code: string) => `契約会社の集計と不一致（${code}）`,
    waits: '契約会社の回答待ち',
  },
);

export function Acquirer({ said }: { readonly said: ClosedDay['acquirer'] }) {
  const t = useTexts(TEXTS);
  if (said === undefined) return <Badge mood="wait">{t.waits}</Badge>;
  return (
    <Badge mood={said.isBalanced ? 'good' : 'bad'}>
      {said.isBalanced ? t.balanced : t.different(said.code)}
    </Badge>
  );
}
