/** What is needed seldom: people, goods, the reader, the purse, how the till behaves. What must hold: what somebody may not change is shown to him, and says who may. */
import { catalogue, IconButton, Row, Rows, useTexts } from '@sokkin/ui';
import {
  ArrowLeft,
  CloudUpload,
  type LucideIcon,
  Nfc,
  Package,
  Settings2,
  Users,
  Wallet,
} from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Queue } from '../queue.tsx';
import { useNow } from '../shop-context.tsx';
import { useWide } from '../use-wide.ts';
import { Goods } from './goods.tsx';
import { Purse } from './purse.tsx';
import { Reader } from './reader.tsx';
import { Settings } from './settings.tsx';
import { Staff } from './staff.tsx';

const TEXTS = catalogue(
  {
    title: 'More',
    goods: 'Goods',
    goodsWhy: (n: number) => `${n} in the list`,
    staff: 'People',
    staffWhy: (n: number) => `${n} at this till`,
    purse: 'Purse of the shop',
    purseWhy: 'What was received, and moving it to the bank',
    queue: 'Not sent yet',
    queueWhy: (n: number) => (n === 0 ? 'Everything was sent' : `${n} waiting`),
    reader: 'Reader',
    field: 'Virtual field of this browser',
    bridge: (name: string) => `Bridge: ${name}`,
    missing: 'does not answer',
    settings: 'Settings',
    settingsWhy: 'Language, appearance, sounds, lock',
    back: 'Back',
  },
  {
    title: 'その他',
    goods: '商品',
    goodsWhy: (n: number) => `${n}点`,
    staff: '担当者',
    staffWhy: (n: number) => `${n}人`,
    purse: 'お店のウォレット',
    purseWhy: '受け取ったお金と口座への移動',
    queue: '未送信',
    queueWhy: (n: number) => (n === 0 ? 'すべて送信済み' : `${n}件`),
    reader: 'リーダー',
    field: 'このブラウザの仮想リーダー',
    bridge: (name: string) => `ブリッジ：${name}`,
    missing: '応答なし',
    settings: '設定',
    settingsWhy: '言語、画面の色、音、ロック',
    back: '戻る',
  },
);

const ROOMS = {
  goods: { icon: Package, Inside: Goods },
  staff: { icon: Users, Inside: Staff },
  purse: { icon: Wallet, Inside: Purse },
  queue: { icon: CloudUpload, Inside: Queue },
  reader: { icon: Nfc, Inside: Reader },
  settings: { icon: Settings2, Inside: Settings },
} as const satisfies Record<string, { icon: LucideIcon; Inside: () => ReactNode }>;
type Name = keyof typeof ROOMS;
const NAMES = ['goods', 'staff', 'purse', 'queue', 'reader', 'settings'] as const satisfies Name[];

export default function More() {
  const t = useTexts(TEXTS);
  const isWide = useWide();
  const [room, setRoom] = useState<Name>();
  const details = useDetails();
  const shown = room ?? (isWide ? 'settings' : undefined);
  const menu = (
    <Rows name={t.title}>
      {NAMES.map((name) => (
        <Row
          key={name}
          icon={ROOMS[name].icon}
          title={t[name]}
          detail={details[name]}
          current={isWide && name === shown}
          onPress={() => setRoom(name)}
        />
      ))}
    </Rows>
  );
  if (isWide)
    return (
      <div className="t-split" data-menu>
        <div className="t-stack">
          <h1>{t.title}</h1>
          {menu}
        </div>
        {shown !== undefined && <Inside key={shown} name={shown} />}
      </div>
    );
  if (shown !== undefined) return <Inside key={shown} name={shown} onBack={() => setRoom(undefined)} />;
  return (
    <>
      <h1>{t.title}</h1>
      {menu}
    </>
  );
}

function Inside({ name, onBack }: { readonly name: Name; readonly onBack?: () => void }) {
  const t = useTexts(TEXTS);
  const start = useRef<HTMLHeadingElement>(null);
  const isPhone = onBack !== undefined;
  // The row that was pressed is gone: a voice goes on here.
  useEffect(() => {
    if (isPhone) start.current?.focus();
  }, [isPhone]);
  const { Inside: Room } = ROOMS[name];
  // Beside the list it is a part of the page, alone it is the page.
  const Heading = isPhone ? 'h1' : 'h2';
  return (
    <section className="t-stack" aria-labelledby="more-room">
      <div className="t-back">
        {onBack !== undefined && <IconButton icon={ArrowLeft} name={t.back} onPress={onBack} />}
        <Heading id="more-room" ref={start} tabIndex={-1}>
          {t[name]}
        </Heading>
      </div>
      <Room />
    </section>
  );
}

function useDetails(): Readonly<Record<Name, string>> {
  const t = useTexts(TEXTS);
  const { catalogue: products, staff, queue, reader } = useNow();
  const kind = reader.kind === 'field' ? t.field : t.bridge(reader.name ?? '');
  return {
    goods: t.goodsWhy(products.length),
    staff: t.staffWhy(staff.length),
    purse: t.purseWhy,
    queue: t.queueWhy(queue.count),
    reader: reader.state === 'ready' ? kind : `${kind} (${t.missing})`,
    settings: t.settingsWhy,
  };
}
