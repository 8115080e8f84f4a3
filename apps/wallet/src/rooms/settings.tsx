/** How the wallet looks and speaks, and what it is. */
import {
  Banner,
  Button,
  catalogue,
  LANGUAGES,
  late,
  momentText,
  Row,
  Rows,
  Segments,
  THEMES,
  useLanguage,
  useTexts,
  useTheme,
} from '@sokkin/ui';
import { Fingerprint, RefreshCw, SmartphoneNfc } from 'lucide-react';
import { useState } from 'react';
import { placeOf } from '../wallet/place.ts';
import { walletName } from '../wallet/start.ts';
import { useView } from '../wallet/view.ts';
import type { Done, Wallet } from '../wallet/wallet.ts';
import { saysWhy } from '../words.ts';
import { MeetingPlace } from './air/meeting.tsx';
import { ShopCard } from './shop/shop-card.tsx';

const PursePlace = late(() => import('./place/place.tsx'));

const TEXTS = catalogue(
  {
    title: 'Settings',
    language: 'Language',
    theme: 'Appearance',
    system: 'Device',
    light: 'Light',
    dark: 'Dark',
    sync: 'Compare with the bank',
    syncWhy: 'Your payments are checked, and your limits begin anew.',
    syncing: 'Asking your bank',
    synced: 'Everything is right',
    never: 'never',
    last: 'Last time online',
    name: 'Name',
    account: 'Account',
    kind: 'Protection',
    software: 'Software: the key is in this browser',
    onCard: 'The key is on your card',
    protect: 'PIN and passkey',
    protectWhy: 'Fingerprint or face in place of typing; ask when the wallet is opened.',
    losing: 'Lost or new phone',
    cleared: 'If the data of this browser is cleared, the purse is gone from it.',
    clearedWhy: 'Your bank can refund what it knows of. Move what you do not need to the bank.',
  },
  {
    title: '設定',
    language: '言語',
    theme: '画面の色',
    system: '端末',
    light: 'ライト',
    dark: 'ダーク',
    sync: '銀行と照合する',
    syncWhy: '取引を確認し、支払いの上限を元に戻します。',
    syncing: '銀行に確認しています',
    synced: '問題ありません',
    never: 'まだありません',
    last: '前回のオンライン',
    name: '名前',
    account: '口座',
    kind: '保護',
    software: 'ソフトウェア：鍵はこのブラウザの中にあります',
    onCard: '鍵はカードの中にあります',
    protect: '暗証番号とパスキー',
    protectWhy: '指紋や顔で暗証番号の入力を省く。開くときの確認。',
    losing: '紛失・機種変更',
    cleared: 'ブラウザのデータを消すと、ウォレットもこの端末から消えます。',
    clearedWhy: '銀行が把握している分は返金できます。使わないお金は口座に戻してください。',
  },
);
const NAMES = { ja: '日本語', en: 'English' } as const;

export interface SettingsProps {
  readonly wallet: Wallet;
  readonly onLosing: () => void;
  readonly onProtect: () => void;
}

export function Settings({ wallet, onLosing, onProtect }: SettingsProps) {
  const t = useTexts(TEXTS);
  const { language, choose } = useLanguage();
  const [theme, setTheme] = useTheme();
  const { name, account, syncedAt } = useView(wallet.parts.showing);
  return (
    <>
      <h1>{t.title}</h1>
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
      <Compare wallet={wallet} />
      <Rows name={t.protect}>
        <Row icon={Fingerprint} title={t.protect} detail={t.protectWhy} onPress={onProtect} />
      </Rows>
      <PursePlace walletName={walletName(location.search)} />
      <ShopCard wallet={wallet} />
      <MeetingPlace />
      <dl className="w-card w-facts">
        <div>
          <dt className="sk-soft">{t.name}</dt>
          <dd>{name}</dd>
        </div>
        <div>
          <dt className="sk-soft">{t.account}</dt>
          <dd>{account}</dd>
        </div>
        <div>
          <dt className="sk-soft">{t.last}</dt>
          <dd>{syncedAt === undefined ? t.never : momentText(syncedAt, language)}</dd>
        </div>
        <div>
          <dt className="sk-soft">{t.kind}</dt>
          <dd>{placeOf(walletName(location.search)) === undefined ? t.software : t.onCard}</dd>
        </div>
      </dl>
      <Banner mood="wait" title={t.cleared}>
        <p>{t.clearedWhy}</p>
      </Banner>
      <Button wide icon={SmartphoneNfc} onPress={onLosing}>
        {t.losing}
      </Button>
    </>
  );
}

function Compare({ wallet }: { readonly wallet: Wallet }) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const [state, setState] = useState<'idle' | 'busy' | Done>('idle');
  const run = async () => {
    setState('busy');
    setState(await wallet.sync());
  };
  const came = typeof state === 'string' ? undefined : state;
  return (
    <section className="w-card">
      <p className="sk-soft">{t.syncWhy}</p>
      <Button wide icon={RefreshCw} busy={state === 'busy'} onPress={() => void run()}>
        {state === 'busy' ? t.syncing : t.sync}
      </Button>
      {came?.status === 'ok' && <Banner mood="good" title={t.synced} />}
      {came !== undefined && came.status !== 'ok' && (
        <Banner mood="bad" title={saysWhy(came, { language })} />
      )}
    </section>
  );
}
