/** Closing the day. What must hold: it is asked once more before; what the acquirer says of the totals is said as it is, also that it has not answered. */
import { Banner, Button, catalogue, Money, Sheet, useTexts } from '@sokkin/ui';
import { CalendarCheck } from 'lucide-react';
import { useState } from 'react';
import { useNoWords } from '../../no-words.ts';
import type { ClosedDay, No } from '../../shop/view.ts';
import { useNow, useShop } from '../shop-context.tsx';
import { Acquirer } from './acquirer.tsx';

const TEXTS = catalogue(
  {
    close: 'Close the day',
    manager: 'A manager closes the day.',
    sure: 'The figures are kept, and compared with the acquirer. A new day begins.',
    unsent: (n: number) => `${n} not sent yet: they are sent first.`,
    closed: 'The day is closed',
    net: 'Net',
    working: 'Closing',
  },
  {
    close: '締める',
    manager: '締めは店長が行います。',
    sure: 'この数字を保存し、契約会社の集計と照合します。新しい日が始まります。',
    unsent: (n: number) => `未送信が${n}件あります。先に送信します。`,
    closed: '締めました',
    net: '差引',
    working: '処理中',
  },
);

export function CloseDay() {
  const t = useTexts(TEXTS);
  const shop = useShop();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button
        tone="primary"
        wide
        icon={CalendarCheck}
        disabled={!shop.may('close_day')}
        onPress={() => setOpen(true)}
      >
        {t.close}
      </Button>
      {!shop.may('close_day') && <p className="sk-soft">{t.manager}</p>}
      <Sheet title={t.close} open={isOpen} onClose={() => setOpen(false)}>
        <Sure />
      </Sheet>
    </>
  );
}

function Sure() {
  const t = useTexts(TEXTS);
  const shop = useShop();
  const no = useNoWords();
  const { day, queue } = useNow();
  const [state, setState] = useState<'asked' | 'working' | ClosedDay | No>('asked');
  const close = async () => {
    setState('working');
    if (queue.count > 0) await shop.flush();
    const done = await shop.closeDay();
    setState(done.status === 'ok' ? done.value : done);
  };
  const came = typeof state === 'string' ? undefined : state;
  if (came !== undefined && 'totals' in came)
    return (
      <div className="t-stack">
        <Banner mood="good" title={t.closed}>
          <p>
            {t.net} <Money amount={came.totals.net} />
          </p>
        </Banner>
        <Acquirer said={came.acquirer} />
      </div>
    );
  return (
    <div className="t-stack">
      <p className="t-amount">
        <Money amount={day.net} size="large" />
      </p>
      <p>{t.sure}</p>
      {queue.count > 0 && <Banner mood="wait" title={t.unsent(queue.count)} />}
      {came !== undefined && <Banner mood="bad" title={no(came)} />}
      <Button
        tone="primary"
        wide
        icon={CalendarCheck}
        busy={state === 'working'}
        onPress={() => void close()}
      >
        {state === 'working' ? t.working : t.close}
      </Button>
    </div>
  );
}
