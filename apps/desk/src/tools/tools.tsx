/** The switch of the network, the scissors, and new things on the desk. */
import { Button, catalogue, Switch, useTexts } from '@sokkin/ui';
import { RotateCcw, Scissors } from 'lucide-react';
import { useEffect, useState } from 'react';
import { type Cut, cutNext } from '../field/field.ts';
import type { NewsRoom } from '../news.ts';
import { isNetworkOn, switchNetwork } from '../set.ts';

const TEXTS = catalogue(
  {
    network: 'Network',
    networkOn: 'Devices reach the back-end',
    networkOff: 'Devices are on their own',
    scissors: 'Scissors',
    at: 'Where the next tap is cut',
    command: (n: number) => `before answer ${n}`,
    response: (n: number) => `after answer ${n}`,
    none: 'Cut nothing',
    armed: 'The next tap will be cut',
    cut: 'The tap was cut',
    reset: 'Reset',
    resetWhy: 'New phones, new cards, a new shop',
  },
  {
    network: 'ネットワーク',
    networkOn: 'サーバーにつながります',
    networkOff: 'どこにもつながりません',
    scissors: 'はさみ',
    at: '次のタッチを切る場所',
    command: (n: number) => `${n}回目の応答の前`,
    response: (n: number) => `${n}回目の応答の後`,
    none: '切らない',
    armed: '次のタッチが切れます',
    cut: 'タッチが切れました',
    reset: 'リセット',
    resetWhy: 'スマホ・カード・お店を新しくする',
  },
);

export interface ToolsProps {
  readonly news: NewsRoom;
  readonly marks: readonly string[];
  readonly onReset: () => void;
}

export function Tools({ news, marks, onReset }: ToolsProps) {
  const t = useTexts(TEXTS);
  const [isOn, setIsOn] = useState(isNetworkOn);
  return (
    <div className="d-tools">
      <div className="d-tool" data-marked={marks.includes('network') || undefined}>
        <Switch
          label={t.network}
          detail={isOn ? t.networkOn : t.networkOff}
          on={isOn}
          onChange={(next) => {
            switchNetwork(next);
            setIsOn(next);
            news.tell({ kind: 'network', isOn: next });
          }}
        />
      </div>
      <ScissorsTool news={news} isMarked={marks.includes('scissors')} />
      <Button icon={RotateCcw} onPress={onReset}>
        {t.reset}
        <span className="sk-unseen">: {t.resetWhy}</span>
      </Button>
    </div>
  );
}

const CUTS: readonly Cut[] = [1, 2, 3, 4].flatMap((exchange) => [
  { exchange, when: 'command' as const },
  { exchange, when: 'response' as const },
]);
const nameOf = ({ when, exchange }: Cut): string => `${when}${exchange}`;

function ScissorsTool({ news, isMarked }: { readonly news: NewsRoom; readonly isMarked: boolean }) {
  const t = useTexts(TEXTS);
  const [cut, setCut] = useState<Cut>();
  const [wasCut, setWasCut] = useState(false);
  useEffect(() => {
    if (cut === undefined) return;
    return cutNext(cut, () => {
      setCut(undefined);
      setWasCut(true);
      news.tell({ kind: 'cut' });
    });
  }, [cut, news]);
  return (
    <div className="d-tool" data-marked={isMarked || undefined}>
      <Scissors aria-hidden size={20} />
      <span className="d-scissors">
        <span>{t.scissors}</span>
        <span className="sk-soft" role="status">
          {cut !== undefined ? t.armed : wasCut ? t.cut : ''}
        </span>
      </span>
      <select
        aria-label={t.at}
        value={cut === undefined ? '' : nameOf(cut)}
        onChange={({ target }) => {
          setWasCut(false);
          setCut(CUTS.find((one) => nameOf(one) === target.value));
        }}
      >
        <option value="">{t.none}</option>
        {CUTS.map((one) => (
          <option key={nameOf(one)} value={nameOf(one)}>
            {t[one.when](one.exchange)}
          </option>
        ))}
      </select>
    </div>
  );
}
