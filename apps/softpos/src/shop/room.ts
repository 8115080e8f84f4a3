/**
 * Whether this device has room for one more sale.
 *
 * What must hold: it is asked before a payer is; a browser that says nothing of its storage does not keep a shop from selling, since a write
 * that fails is noticed before the reader is armed, too.
 */

/** More than all that is written of a sale, of its payment in the own purse and of its way through the queue, many times over. */
const LEAST = 2_000_000;

export async function hasRoom(): Promise<boolean> {
  const { quota, usage } = (await navigator.storage?.estimate?.()) ?? {};
  return quota === undefined || usage === undefined || quota - usage >= LEAST;
}
