/** Who works at the till: names, roles, PINs. What must hold: a PIN is typed twice by whom it is for, shown to nobody; the last manager stays one. */
import { Banner, Button, catalogue, Field, PinPad, Row, Rows, Segments, Sheet, useTexts } from '@sokkin/ui';
import { Trash2, UserPlus, UserRound } from 'lucide-react';
import { useState } from 'react';
import { useNoWords } from '../../no-words.ts';
import type { Role } from '../../shop/roles.ts';
import type { Done, StaffShown } from '../../shop/view.ts';
import { ROLES } from '../roles.ts';
import { useNow, useShop } from '../shop-context.tsx';

const TEXTS = catalogue(
  {
    list: 'People at this till',
    add: 'Add somebody',
    change: 'Change',
    manager: 'A manager adds and removes people.',
    name: 'Name',
    role: 'Role',
    cashier: 'Sells, gives discounts.',
    managerMay: 'Also refunds, closes the day, changes goods, people and settings.',
    next: 'Choose a PIN',
    keep: 'Save',
    newPin: 'New PIN',
    pin: (name: string) => `PIN for ${name}`,
    again: 'Once more',
    different: 'These were two different PINs.',
    remove: 'Remove from this till',
  },
  {
    list: 'このレジの担当者',
    add: '担当者を追加',
    change: '変更',
    manager: '担当者の追加と削除は店長が行います。',
    name: '名前',
    role: '役割',
    cashier: '会計と割引ができます。',
    managerMay: '返金、締め、商品・担当者・設定の変更もできます。',
    next: '暗証番号を決める',
    keep: '保存',
    newPin: '暗証番号を変える',
    pin: (name: string) => `${name}さんの暗証番号`,
    again: 'もう一度入力',
    different: '2つの暗証番号が違います。',
    remove: 'このレジから削除',
  },
);

export function Staff() {
  const t = useTexts(TEXTS);
  const roles = useTexts(ROLES);
  const shop = useShop();
  const { staff } = useNow();
  const [edited, edit] = useState<StaffShown | 'new'>();
  const may = shop.may('staff');
  return (
    <>
      <Rows name={t.list}>
        {staff.map((one) => (
          <Row
            key={one.id}
            icon={UserRound}
            title={one.name}
            detail={roles[one.role]}
            {...(may && { onPress: () => edit(one) })}
          />
        ))}
      </Rows>
      {may ? (
        <Button wide icon={UserPlus} onPress={() => edit('new')}>
          {t.add}
        </Button>
      ) : (
        <p className="sk-soft">{t.manager}</p>
      )}
      <Sheet
        title={edited === 'new' ? t.add : t.change}
        open={edited !== undefined}
        onClose={() => edit(undefined)}
      >
        {edited !== undefined && <Edit who={edited} onDone={() => edit(undefined)} />}
      </Sheet>
    </>
  );
}

interface EditProps {
  readonly who: StaffShown | 'new';
  readonly onDone: () => void;
}

function Edit({ who, onDone }: EditProps) {
  const t = useTexts(TEXTS);
  const roles = useTexts(ROLES);
  const shop = useShop();
  const no = useNoWords();
  const before = who === 'new' ? undefined : who;
  const [name, setName] = useState(before?.name ?? '');
  const [role, setRole] = useState<Role>(before?.role ?? 'cashier');
  const [isPin, setIsPin] = useState(false);
  const [fault, setFault] = useState<string>();
  const end = async (doing: Promise<Done>) => {
    const done = await doing;
    if (done.status === 'ok') return onDone();
    setIsPin(false);
    setFault(no(done));
  };
  const withPin = (pin: string) =>
    end(
      before === undefined
        ? shop.addStaff({ name: name.trim(), role, pin })
        : shop.changeStaff(before.id, { name: name.trim(), role, pin }),
    );
  if (isPin) return <NewPin name={name.trim()} onDone={(pin) => void withPin(pin)} />;
  const isNamed = name.trim() !== '';
  return (
    <div className="t-stack">
      <Field label={t.name} value={name} onChange={setName} maxLength={40} autoComplete="off" />
      <Segments
        name={t.role}
        value={role}
        onChange={setRole}
        choices={(['cashier', 'manager'] as const).map((value) => ({ value, label: roles[value] }))}
      />
      <p className="sk-soft">{role === 'manager' ? t.managerMay : t.cashier}</p>
      {fault !== undefined && <Banner mood="bad" title={fault} />}
      {before === undefined ? (
        <Button tone="primary" wide disabled={!isNamed} onPress={() => setIsPin(true)}>
          {t.next}
        </Button>
      ) : (
        <>
          <Button
            tone="primary"
            wide
            disabled={!isNamed}
            onPress={() => void end(shop.changeStaff(before.id, { name: name.trim(), role }))}
          >
            {t.keep}
          </Button>
          <Button wide onPress={() => setIsPin(true)}>
            {t.newPin}
          </Button>
          <Button tone="danger" wide icon={Trash2} onPress={() => void end(shop.removeStaff(before.id))}>
            {t.remove}
          </Button>
        </>
      )}
    </div>
  );
}

function NewPin({ name, onDone }: { readonly name: string; readonly onDone: (pin: string) => void }) {
  const t = useTexts(TEXTS);
  const [first, setFirst] = useState<string>();
  const [fault, setFault] = useState<string>();
  const give = (pin: string) => {
    setFault(undefined);
    if (first === undefined) return setFirst(pin);
    if (first === pin) return onDone(pin);
    setFirst(undefined);
    setFault(t.different);
  };
  return (
    <PinPad
      key={String(first === undefined)}
      label={first === undefined ? t.pin(name) : t.again}
      error={fault}
      least={4}
      length={8}
      onDone={give}
    />
  );
}
