/** Where this wallet meets others: the windows of this browser, or those of other browsers that use the same code (wallet/field.ts). */
import { isFieldCode } from '@sokkin/terminal';
import { Banner, Button, catalogue, Field, useTexts } from '@sokkin/ui';
import { Link2, Unlink } from 'lucide-react';
import { createContext, type ReactNode, use, useEffect, useState } from 'react';
import { type Meeting, meetAt } from '../../wallet/field.ts';

const TEXTS = catalogue(
  {
    title: 'Practise with another browser',
    why: 'Windows of this browser find each other. To meet one in another browser, type the same code in both.',
    code: 'Code',
    hint: '4 to 12 small letters or digits',
    meet: 'Meet there',
    met: (code: string) => `Phones with the code ${code} find each other, in any browser.`,
    leave: 'Only in this browser',
    away: 'The meeting place cannot be reached',
    awayWhy: 'Phones in other browsers do not see this one now. It is tried again all the time.',
  },
  {
    title: '別のブラウザと試す',
    why: 'このブラウザのウィンドウ同士は、そのまま見つかります。別のブラウザとは、両方で同じコードを入れてください。',
    code: 'コード',
    hint: '半角の小文字と数字で4～12文字',
    meet: 'ここで会う',
    met: (code: string) => `コード「${code}」のスマホ同士が、どのブラウザでも見つかります。`,
    leave: 'このブラウザだけにする',
    away: '待ち合わせ場所につながりません',
    awayWhy: '別のブラウザのスマホからは、今は見えません。つながるまで試し続けます。',
  },
);

const MeetingContext = createContext<Meeting | undefined>(undefined);

export function MeetingPlaceProvider({
  meeting,
  children,
}: {
  readonly meeting: Meeting;
  readonly children: ReactNode;
}) {
  return <MeetingContext value={meeting}>{children}</MeetingContext>;
}

/** In the settings. */
export function MeetingPlace() {
  const t = useTexts(TEXTS);
  const meeting = use(MeetingContext);
  const [code, setCode] = useState('');
  const here = meeting?.code;
  return (
    <section className="w-card" aria-labelledby="meeting">
      <h2 id="meeting">{t.title}</h2>
      <p className="sk-soft">{here === undefined ? t.why : t.met(here)}</p>
      {here === undefined ? (
        <form
          className="w-stack"
          onSubmit={(event) => {
            event.preventDefault();
            if (isFieldCode(code)) meetAt(code);
          }}
        >
          <Field
            label={t.code}
            hint={t.hint}
            value={code}
            autoComplete="off"
            maxLength={12}
            onChange={(typed) => setCode(typed.toLowerCase())}
          />
          <Button wide submits icon={Link2} disabled={!isFieldCode(code)}>
            {t.meet}
          </Button>
        </form>
      ) : (
        <Button wide icon={Unlink} onPress={() => meetAt('')}>
          {t.leave}
        </Button>
      )}
    </section>
  );
}

/** Where something is to be held to something: says so when the relay cannot be reached. */
export function OutOfReach() {
  const t = useTexts(TEXTS);
  const relay = use(MeetingContext)?.relay;
  const [isReached, setReached] = useState(true);
  useEffect(() => relay?.onReach(setReached), [relay]);
  if (relay === undefined || isReached) return null;
  return (
    <Banner mood="wait" title={t.away}>
      <p>{t.awayWhy}</p>
    </Banner>
  );
}
