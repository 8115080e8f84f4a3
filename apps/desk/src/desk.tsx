/**
 * The desk on which everything can be tapped: phones, a shop, cards, a network to switch off, scissors, every byte that goes between them,
 * and the books.
 */
import { catalogue, LANGUAGES, Mark, Segments, useLanguage, useTexts, useTheme } from '@sokkin/ui';
import { Calculator, Compass, type LucideIcon, ScrollText, Smartphone, Store } from 'lucide-react';
import { type ReactNode, useCallback, useEffect, useState } from 'react';
import { useBooks } from './books/books.ts';
import { BooksLine } from './books/line.tsx';
import { DeviceFrame } from './devices/device.tsx';
import { useNear } from './devices/near.ts';
import { useScale } from './devices/scale.ts';
import { CARDS, useHands } from './hold/hands.ts';
import { Tray } from './hold/tray.tsx';
import { NewsRoom } from './news.ts';
import { PosScreen } from './pos/screen.tsx';
import { type CardId, firstSet, idOfPlace, nextSet, PEOPLE, phoneOf, placeOf, softposOf } from './set.ts';
import { Tools } from './tools/tools.tsx';
import { type Feature, stepsFor } from './tour/steps.ts';
import { TourPanel } from './tour/tour.tsx';
import { useTour } from './tour/use-tour.ts';
import { Trace } from './trace/trace.tsx';

const TEXTS = catalogue(
  {
    title: 'Sokkin Desk',
    language: 'Language',
    parts: 'Parts of the desk',
    devices: 'Devices',
    guide: 'Guide',
    trace: 'Trace',
    marked: 'next',
  },
  {
    title: 'Sokkin デスク',
    language: '言語',
    parts: '机の上のもの',
    devices: '端末',
    guide: '案内',
    trace: '電波',
    marked: '次',
  },
);
const LANGUAGE_NAMES = { ja: '日本語', en: 'English' } as const;
const FEATURES: ReadonlySet<Feature> = new Set(['softpos', 'carry']);
const PHONES = ['hanako', 'taro'] as const;

export function Desk() {
  const [set, setSet] = useState(firstSet);
  const [news] = useState(() => new NewsRoom());
  useTheme();
  useEffect(() => news.followField(), [news]);
  return <Things key={set} set={set} news={news} onReset={() => setSet(nextSet(set))} />;
}

interface ThingsProps {
  readonly set: string;
  readonly news: NewsRoom;
  readonly onReset: () => void;
}

function Things({ set, news, onReset }: ThingsProps) {
  const t = useTexts(TEXTS);
  const people = useTexts(PEOPLE);
  const { language, choose } = useLanguage();
  const books = useBooks();
  const [view, setView] = useState<string>('guide');
  const nameOfCard = (id: CardId) => (id === 'bank' ? people.bank : people.card(people[id]));
  const hands = useHands(set, news, nameOfCard);
  const where = useCallback((place: string | undefined) => idOfPlace(set, place), [set]);
  const steps = stepsFor(FEATURES);
  const tour = useTour(steps, news, where);
  const marks = tour.step?.marks ?? [];
  const devices: readonly OnDesk[] = [
    ...PHONES.map((id) => ({
      ...{ id, name: people.phone(people[id]), short: people[id], kind: 'phone' as const, icon: Smartphone },
      screen: <iframe title={people.phone(people[id])} src={phoneOf(set, id, people[id]).src} />,
    })),
    {
      ...{ id: 'softpos', name: people.softpos, short: 'SoftPOS', kind: 'till' as const, icon: Store },
      screen: <iframe title={people.softpos} src={softposOf(set, people.bakery).src} />,
    },
    {
      ...{ id: 'pos', name: people.pos, short: 'POS', kind: 'pos' as const, icon: Calculator },
      screen: <PosScreen place={placeOf(set, 'pos')} shop={people.shop} news={news} />,
    },
  ];
  const near = useNear(tour.step && marks.filter((id) => devices.some((one) => one.id === id)));
  const room = useScale(devices.length, near.ids.size);
  const nameOfPlace = (place: string | undefined): string | undefined => {
    const id = idOfPlace(set, place);
    const card = CARDS.find((one) => one === id);
    return card === undefined ? devices.find((one) => one.id === id)?.name : nameOfCard(card);
  };
  const tabs: readonly Tab[] = [
    { id: 'guide', short: t.guide, icon: Compass, has: ['network', 'scissors'] },
    ...devices,
    { id: 'trace', short: t.trace, icon: ScrollText },
  ];
  return (
    <div className="d-desk" data-view={view}>
      <header className="d-head">
        <Mark />
        <h1>{t.title}</h1>
        <Tools news={news} marks={marks} onReset={onReset} />
        <Segments
          name={t.language}
          choices={LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAMES[value] }))}
          value={language}
          onChange={choose}
        />
      </header>
      <main className="d-main">
        <TourPanel tour={tour} />
        <Tabs name={t.parts} tabs={tabs} view={view} marks={marks} marked={t.marked} onView={setView} />
        <section className="d-devices" aria-label={t.devices} ref={room}>
          {devices.map(({ id, name, kind, screen }) => (
            <DeviceFrame
              key={id}
              id={id}
              name={name}
              kind={kind}
              marked={marks.includes(id)}
              isNear={near.ids.has(id)}
              onNear={() => near.toggle(id)}
              takes={hands.inHand !== undefined}
              onTake={() => hands.inHand !== undefined && hands.holdTo(hands.inHand, id)}
              lying={hands.cards.find(({ on }) => on === id)}
              nameOf={nameOfCard}
              onTakeAway={hands.takeAway}
            >
              {screen}
            </DeviceFrame>
          ))}
        </section>
        <Tray hands={hands} nameOf={nameOfCard} marks={marks} />
        <Trace news={news} nameOf={nameOfPlace} marked={marks.includes('trace')} />
      </main>
      <BooksLine books={books} />
    </div>
  );
}

interface Tab {
  readonly id: string;
  readonly short: string;
  readonly icon: LucideIcon;
  /** What else is behind it. */
  readonly has?: readonly string[];
}

interface OnDesk extends Tab {
  readonly name: string;
  readonly kind: 'phone' | 'till' | 'pos';
  readonly screen: ReactNode;
}

interface TabsProps {
  readonly name: string;
  readonly tabs: readonly Tab[];
  readonly view: string;
  readonly marks: readonly string[];
  readonly marked: string;
  readonly onView: (view: string) => void;
}

/** On a narrow screen one thing is seen at a time. */
function Tabs({ name, tabs, view, marks, marked, onView }: TabsProps) {
  return (
    <nav className="d-tabs" aria-label={name}>
      {tabs.map(({ id, short, icon: Icon, has = [] }) => {
        const isMarked = [id, ...has].some((one) => marks.includes(one));
        return (
          <button
            key={id}
            type="button"
            aria-current={id === view ? 'true' : undefined}
            data-marked={isMarked || undefined}
            onClick={() => onView(id)}
          >
            <Icon aria-hidden size={20} />
            <span>{short}</span>
            {isMarked && <span className="sk-unseen">({marked})</span>}
          </button>
        );
      })}
    </nav>
  );
}
