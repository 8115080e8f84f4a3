/**
 * A shop that is ready when its page is open: the desk's shop has an account, a terminal and a manager already, so that who stands before it
 * can sell.
 *
 * What must hold: only a page of this back-end that shows the shop within itself can ask for it; only where there is no shop yet. In live
 * mode the back-end opens no shop for whoever asks.
 */
import type { Shop } from './view.ts';

/** Shown on the desk: it protects nothing but what the sandbox gave. */
const PIN = '1234';
/** ISO 18245: bakeries. */
const CATEGORY = '5462';
const MOST_NAME = 40;
/** A back-end that has just started has much to do: what was begun is gone on with. */
const PAUSE_MS = 1_000;

/** `?begin=NAME`, within a page of the same origin. */
export function nameToBegin(query: string, view: Window): string | undefined {
  const name = new URLSearchParams(query).get('begin')?.trim() ?? '';
  return isShownWithin(view) && name !== '' && name.length <= MOST_NAME ? name : undefined;
}

function isShownWithin(view: Window): boolean {
  try {
    return view.parent !== view && view.parent.location.origin === view.location.origin;
  } catch {
    return false; // of another origin
  }
}

/** As soon as it is known that there is none. What is refused is begun by hand: the first screen asks for it. */
export function beginAtOnce(shop: Shop, name: string): void {
  const look = () => {
    const { stage } = shop.now();
    if (stage === 'opening') return;
    stop();
    if (stage === 'new') void open(shop, name);
  };
  const stop = shop.subscribe(look);
  look();
}

async function open(shop: Shop, name: string): Promise<void> {
  for (;;) {
    const opened = await shop.open({ name, category: CATEGORY, manager: { name, pin: PIN } });
    if (opened.status === 'ok' || opened.code !== 'backend_unreachable') return;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
