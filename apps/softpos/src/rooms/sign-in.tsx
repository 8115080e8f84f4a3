/**
 * Who is at the till.
 *
 * What must hold: after wrong PINs the wait is shown and counted down; no name is hidden: a shop knows who works in it.
 */
import { catalogue, IconButton, PinPad, Row, Rows, useLanguage, useTexts } from '@sokkin/ui';
import { ArrowLeft, UserRound } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useNoWords } from '../no-words.ts';
import type { StaffShown } from '../shop/view.ts';
import { ROLES } from './roles.ts';
import { useNow, useShop } from './shop-context.tsx';

const TEXTS = catalogue(
  {
    who: 'Who is at the till?',
    pin: (name: string) => `PIN of ${name}`,
    back: 'Somebody else',
    wait: 'Too many wrong PINs',
    waitFor: (time: string) => `Try again ${time}`,
  },
  {
    who: '担当者を選んでください',
    pin: (name: string) => `${name}さんの暗証番号`,
    back: '担当者を選び直す',
    wait: '暗証番号の間違いが続きました',
    waitFor: (time: string) => `${time}にもう一度試せます`,
  },
);

export function SignIn() {
  const t = useTexts(TEXTS);
  const roles = useTexts(ROLES);
  const { staff } = useNow();
  const [chosen, choose] = useState<string | undefined>(staff.length === 1 ? staff[0]?.id : undefined);
  const who = staff.find(({ id }) => id === chosen);
  if (who !== undefined)
    return <Pin who={who} onBack={staff.length > 1 ? () => choose(undefined) : undefined} />;
  return (
    <>
      <h1>{t.who}</h1>
      <Rows name={t.who}>
        {staff.map(({ id, name, role }) => (
          <Row key={id} icon={UserRound} title={name} detail={roles[role]} onPress={() => choose(id)} />
        ))}
      </Rows>
    </>
  );
}

function Pin({ who, onBack }: { readonly who: StaffShown; readonly onBack: (() => void) | undefined }) {
  const t = useTexts(TEXTS);
  const shop = useShop();
  const no = useNoWords();
  const { language } = useLanguage();
  const [fault, setFault] = useState<string>();
  const left = useSecondsUntil(who.waitsUntil);
  const enter = async (pin: string) => {
    setFault(undefined);
    const done = await shop.signIn(who.id, pin);
    if (done.status === 'no') setFault(no(done));
  };
  const back = onBack !== undefined && (
    <div className="t-back">
      <IconButton icon={ArrowLeft} name={t.back} onPress={onBack} />
    </div>
  );
  if (left > 0)
    return (
      <>
        {back}
        <section className="t-centre t-tall">
          <h1>{t.wait}</h1>
          <p role="timer" className="t-wait sk-number">
            {t.waitFor(new Intl.RelativeTimeFormat(language).format(left, 'second'))}
          </p>
        </section>
      </>
    );
  return (
    <>
      {back}
      <div className="t-tall">
        <PinPad
          label={t.pin(who.name)}
          error={fault}
          least={4}
          length={8}
          onDone={(pin) => void enter(pin)}
        />
      </div>
    </>
  );
}

function useSecondsUntil(until: number | undefined): number {
  const [now, setNow] = useState(() => Date.now());
  const isWaiting = until !== undefined && until > now;
  useEffect(() => {
    if (!isWaiting) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [isWaiting]);
  return isWaiting ? Math.ceil((until - now) / 1000) : 0;
}
