/** Before money moves: whether the device has room to keep what becomes of it. What must hold: nothing is begun where there is none. */
import { Button, catalogue, ResultStage, useLanguage, useTexts } from '@sokkin/ui';
import { roomLeft } from '@sokkin/web';
import { type ReactNode, useEffect, useState } from 'react';
import { saysWhy } from '../words.ts';

/** A payment writes some 20 kB; until a browser tidies its database up, it takes that anew for each. */
const LEAST_BYTES = 512 * 1024;

const TEXTS = catalogue(
  { full: 'No room left on this device', again: 'Try again', done: 'Done' },
  { full: '端末の空き容量がありません', again: 'もう一度', done: '閉じる' },
);

export interface RoomyProps {
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function Roomy({ onClose, children }: RoomyProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const [state, setState] = useState<'looking' | 'roomy' | 'full'>('looking');
  const look = () =>
    void roomLeft().then((bytes) => setState(bytes !== undefined && bytes < LEAST_BYTES ? 'full' : 'roomy'));
  useEffect(look, []);
  if (state === 'looking') return null;
  if (state === 'roomy') return children;
  const why = saysWhy({ status: 'said', code: 'storage_full', message: t.full }, { language });
  return (
    <ResultStage kind="failed" title={t.full} detail={why}>
      <Button wide tone="primary" onPress={look}>
        {t.again}
      </Button>
      <Button wide onPress={onClose}>
        {t.done}
      </Button>
    </ResultStage>
  );
}
