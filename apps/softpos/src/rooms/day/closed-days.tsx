/** Days that were closed, the newest first. */
import { catalogue, Money, momentText, Row, Rows, Sheet, useLanguage, useTexts } from '@sokkin/ui';
import { CalendarDays } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { ClosedDay } from '../../shop/view.ts';
import { useNow, useShop } from '../shop-context.tsx';
import { Acquirer } from './acquirer.tsx';
import { Ways } from './ways.tsx';

const TEXTS = catalogue(
  { title: 'Closed days', by: (name: string) => `closed by ${name}` },
  { title: '締めた日', by: (name: string) => `締めた人：${name}` },
);

export function ClosedDays() {
  const t = useTexts(TEXTS);
  const shop = useShop();
  const { language } = useLanguage();
  const { day, staff } = useNow();
  const [days, setDays] = useState<readonly ClosedDay[]>([]);
  const [shown, setShown] = useState<ClosedDay>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a close moves the beginning of the day
  useEffect(() => {
    let isWanted = true;
    void shop.closedDays().then((found) => {
      if (isWanted) setDays(found);
    });
    return () => {
      isWanted = false;
    };
  }, [shop, day.from]);
  if (days.length === 0) return null;
  const named = (id: string) => staff.find((one) => one.id === id)?.name ?? id;
  return (
    <section className="t-stack">
      <h2>{t.title}</h2>
      <Rows name={t.title}>
        {days.map((one) => (
          <Row
            key={one.id}
            icon={CalendarDays}
            title={momentText(new Date(one.until), language)}
            detail={t.by(named(one.by))}
            end={<Money amount={one.totals.net} />}
            onPress={() => setShown(one)}
          />
        ))}
      </Rows>
      <Sheet
        title={shown === undefined ? t.title : momentText(new Date(shown.until), language)}
        open={shown !== undefined}
        onClose={() => setShown(undefined)}
      >
        {shown !== undefined && (
          <div className="t-stack">
            <Ways totals={shown.totals} />
            <Acquirer said={shown.acquirer} />
          </div>
        )}
      </Sheet>
    </section>
  );
}
