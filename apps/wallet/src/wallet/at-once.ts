/**
 * A wallet that is ready when its page is open: the desk's phones have a customer, a PIN and money already, so that who stands before
 * it can begin.
 *
 * What must hold: only a page of this back-end that shows the wallet within itself can ask for it; only where there is no wallet yet. In
 * live mode the back-end opens no account for whoever asks.
 */
import type { Started } from './start.ts';

/** Shown on the desk: it protects nothing but what the sandbox gave. */
const PIN = '1234';
const FIRST = 10_000n;
const MOST_NAME = 20;
/** A back-end that has just started has much to do: what was begun is gone on with. */
const ATTEMPTS = 4;
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

export async function beginAtOnce({ showing, wallet }: Started, name: string): Promise<void> {
  const opened = await wallet;
  if (opened === undefined || showing.now().stage !== 'new') return;
  showing.change({ stage: 'opening' });
  for (let again = 0; again < ATTEMPTS; again++) {
    const begun = await opened.begin({ name, pin: PIN, first: FIRST });
    if (begun.status === 'ok' || showing.now().stage !== 'opening') return;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  // Without a network it begins as any wallet does, whenever its holder likes.
  showing.change({ stage: 'new' });
}
