/** The shop that the rooms are of. What must hold: a room sees one whole view at a time, never halves of two. */
import { createContext, type ReactNode, useContext, useSyncExternalStore } from 'react';
import type { Shop, View } from '../shop/view.ts';

const Context = createContext<Shop | undefined>(undefined);

export function ShopProvider({ shop, children }: { readonly shop: Shop; readonly children: ReactNode }) {
  return <Context value={shop}>{children}</Context>;
}

export function useShop(): Shop {
  const shop = useContext(Context);
  if (shop === undefined) throw new Error('Bug: a room without a shop');
  return shop;
}

export function useNow(): View {
  const shop = useShop();
  return useSyncExternalStore(
    (listener) => shop.subscribe(listener),
    () => shop.now(),
  );
}
