/** How a card looks. What must hold: its name is read, its picture is not. */
import { Money } from '@sokkin/ui';
import { Nfc } from 'lucide-react';

export interface PlasticCardProps {
  readonly id: string;
  readonly name: string;
  readonly balance: bigint | undefined;
  readonly isHeld?: boolean;
}

export function PlasticCard({ id, name, balance, isHeld = false }: PlasticCardProps) {
  return (
    <span className="d-card" data-card={id} data-held={isHeld || undefined}>
      <span className="d-card-top" aria-hidden>
        <span className="d-chip" />
        <Nfc size={18} />
      </span>
      <span className="d-card-foot">
        <span>{name}</span>
        {balance !== undefined && <Money amount={balance} />}
      </span>
    </span>
  );
}
