/**
 * Preparing many cards: their RSA keys take nearly all the time, and a port makes them beside each other (node's in
 * its thread pool, an HSM in its own).
 *
 * What must hold: cards come out in the order of the orders, one for each; never more than `atOnce` are under way,
 * however slowly they are taken; after a failure, or when nobody takes any more, no new one is begun.
 */
import type { PreparationPorts } from '../ports.ts';
import type { EmvIssuer } from './emv-issuer.ts';
import type { CardOrder } from './order.ts';
import { type PreparedCard, prepareCard } from './prepare.ts';
import type { CardProfile } from './profile.ts';

export interface PreparedOrder extends PreparedCard {
  readonly order: CardOrder;
}

const AT_ONCE = 4;

/** Fails with what `prepareCard` failed with, at the order that it failed for. */
export async function* prepareBatch(
  ports: PreparationPorts,
  issuer: EmvIssuer,
  profile: CardProfile,
  orders: Iterable<CardOrder> | AsyncIterable<CardOrder>,
  atOnce = AT_ONCE,
): AsyncGenerator<PreparedOrder, void, undefined> {
  const underWay: Promise<PreparedOrder>[] = [];
  const begin = (order: CardOrder): void => {
    const card = prepareCard(ports, issuer, profile, order).then((prepared) => ({ ...prepared, order }));
    // Its failure is told when its turn comes; until then it is nobody's, and must not end the program.
    card.catch(() => {});
    underWay.push(card);
  };
  for await (const order of orders) {
    begin(order);
    if (underWay.length < atOnce) continue;
    const first = underWay.shift();
    if (first !== undefined) yield await first;
  }
  for (const card of underWay) yield await card;
}
