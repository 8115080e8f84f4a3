/** What a purse is called here. What must hold: a name is only ever its holder's own word for a purse; without one the purse's number stands there. */
import { catalogue, useTexts } from '@sokkin/ui';
import { type PeopleView, usePeople } from '../../wallet/people.ts';
import type { Wallet } from '../../wallet/wallet.ts';

const TEXTS = catalogue(
  { purse: (name: string) => `Purse ${name}` },
  { purse: (name: string) => `ウォレット ${name}` },
);

export const nameOf = ({ contacts }: PeopleView, purse: string): string | undefined =>
  contacts.get(purse)?.name;

export function useNames(wallet: Wallet): (purse: string) => string {
  const t = useTexts(TEXTS);
  const people = usePeople(wallet);
  return (purse) => nameOf(people, purse) ?? t.purse(purse.slice(0, 8));
}
