/** How the till looks, speaks and behaves. What must hold: what is the device's own (language, appearance) everybody may change; what is the shop's, a manager. */
import {
  Banner,
  Button,
  catalogue,
  Facts,
  LANGUAGES,
  momentText,
  Segments,
  Select,
  Switch,
  THEMES,
  useLanguage,
  useTexts,
  useTheme,
} from '@sokkin/ui';
import { RefreshCw } from 'lucide-react';
import { useState } from 'react';
import { useNoWords } from '../../no-words.ts';
import type { Settings as Chosen, No } from '../../shop/view.ts';
import { ROLES } from '../roles.ts';
import { useNow, useShop } from '../shop-context.tsx';

const TEXTS = catalogue(
  {
    language: 'Language',
    theme: 'Appearance',
    system: 'Device',
    light: 'Light',
    dark: 'Dark',
    sounds: 'Sounds',
    soundsWhy: 'A tone when a card was read, another when it was not.',
    vibration: 'Vibration',
    tip: 'Ask for a tip',
    tipWhy: 'The payer chooses before the tap.',
    offline: 'Who may take cards offline',
    lock: 'Sign out after',
    never: 'Never',
    minutes: (n: number) => `${n} minutes`,
    shop: 'This shop',
    name: 'Name',
    acceptor: 'Acceptor',
    terminal: 'Terminal',
    category: 'Category',
    version: 'Configuration',
    checked: 'Checked',
    refresh: 'Look for a newer configuration',
    manager: 'What is the shop’s, a manager changes.',
  },
  {
    language: '言語',
    theme: '画面の色',
    system: '端末',
    light: 'ライト',
    dark: 'ダーク',
    sounds: '音',
    soundsWhy: '読み取れたときと、できなかったときに鳴ります。',
    vibration: 'バイブレーション',
    tip: 'チップをたずねる',
    tipWhy: 'かざす前にお客様が選びます。',
    offline: 'オフラインでカードを受け付けられる人',
    lock: '自動サインアウト',
    never: 'しない',
    minutes: (n: number) => `${n}分後`,
    shop: 'このお店',
    name: '名前',
    acceptor: '加盟店番号',
    terminal: '端末番号',
    category: '業種番号',
    version: '設定の版',
    checked: '確認',
    refresh: '新しい設定を確認',
    manager: 'お店の設定は店長が変更します。',
  },
);
const NAMES = { ja: '日本語', en: 'English' } as const;
const LOCK_MINUTES = [0, 1, 5, 15, 60] as const;

export function Settings() {
  const t = useTexts(TEXTS);
  const { language, choose } = useLanguage();
  const [theme, setTheme] = useTheme();
  return (
    <>
      <Segments
        name={t.language}
        choices={LANGUAGES.map((value) => ({ value, label: NAMES[value] }))}
        value={language}
        onChange={choose}
      />
      <Segments
        name={t.theme}
        choices={THEMES.map((value) => ({ value, label: t[value] }))}
        value={theme}
        onChange={setTheme}
      />
      <Behaviour />
      <About />
    </>
  );
}

function Behaviour() {
  const t = useTexts(TEXTS);
  const roles = useTexts(ROLES);
  const shop = useShop();
  const no = useNoWords();
  const { settings } = useNow();
  const [fault, setFault] = useState<No>();
  const change = async (more: Partial<Chosen>) => {
    const done = await shop.change(more);
    setFault(done.status === 'no' ? done : undefined);
  };
  return (
    <section className="t-card">
      <Switch
        label={t.sounds}
        detail={t.soundsWhy}
        on={settings.hasSounds}
        onChange={(hasSounds) => void change({ hasSounds })}
      />
      <Switch
        label={t.vibration}
        on={settings.hasVibration}
        onChange={(hasVibration) => void change({ hasVibration })}
      />
      <Switch
        label={t.tip}
        detail={t.tipWhy}
        on={settings.asksTip}
        onChange={(asksTip) => void change({ asksTip })}
      />
      <Select
        label={t.offline}
        value={settings.offlineBy}
        onChange={(offlineBy) => void change({ offlineBy })}
        choices={(['cashier', 'manager'] as const).map((value) => ({ value, label: roles[value] }))}
      />
      <Select
        label={t.lock}
        value={String(settings.lockAfterMinutes)}
        onChange={(minutes) => void change({ lockAfterMinutes: Number(minutes) })}
        choices={LOCK_MINUTES.map((n) => ({ value: String(n), label: n === 0 ? t.never : t.minutes(n) }))}
      />
      {fault !== undefined && <Banner mood="bad" title={no(fault)} />}
      {!shop.may('settings') && <p className="sk-soft">{t.manager}</p>}
    </section>
  );
}

function About() {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const api = useShop();
  const no = useNoWords();
  const { shop, configuration } = useNow();
  const [state, setState] = useState<'idle' | 'busy' | No>('idle');
  if (shop === undefined) return null;
  const refresh = async () => {
    setState('busy');
    const done = await api.refreshConfiguration();
    setState(done.status === 'no' ? done : 'idle');
  };
  return (
    <section className="t-card">
      <h2 className="t-card-head">{t.shop}</h2>
      <Facts
        facts={[
          { label: t.name, value: shop.name },
          { label: t.acceptor, value: shop.acceptor },
          { label: t.terminal, value: shop.terminal },
          { label: t.category, value: shop.category },
          ...(configuration === undefined
            ? []
            : [
                { label: t.version, value: configuration.version },
                { label: t.checked, value: momentText(new Date(configuration.checkedAt), language) },
              ]),
        ]}
      />
      {typeof state !== 'string' && <Banner mood="bad" title={no(state)} />}
      <Button icon={RefreshCw} wide busy={state === 'busy'} onPress={() => void refresh()}>
        {t.refresh}
      </Button>
    </section>
  );
}
