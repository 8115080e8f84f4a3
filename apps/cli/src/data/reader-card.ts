/**
 * A card on a PC/SC reader, wherever a command takes the name of a card: `reader:NAME`, or `reader:` for the only one.
 *
 * What must hold: nothing is kept of it but what its messages prove; whose account it belongs to is not known here.
 */
import { openPcsc, type PcscTransport } from '@sokkin/pcsc';
import { UsageError } from '../io/command.ts';
import type { Context } from '../io/context.ts';
import type { Tear } from './purse-file.ts';

const PREFIX = 'reader:';
/** Time to lay the card on. */
const WAIT_MS = 20_000;

export const isOnReader = (name: string): boolean => name.startsWith(PREFIX);

/** Waits for the card; it is tapped until `close`. */
export async function tapReader(
  context: Context,
  name: string,
  { tear, extended = true }: { tear?: Tear | undefined; extended?: boolean | undefined },
): Promise<PcscTransport> {
  if (tear !== undefined)
    throw new UsageError('--tear is for card files: tear the card off the reader yourself.');
  const wanted = name.slice(PREFIX.length);
  const service = openPcsc();
  try {
    const known = await service.readers();
    if (!known.some((r) => r.state === 'card')) context.say('Lay the card on the reader.');
    const tap = await service.tap({ reader: wanted === '' ? undefined : wanted, waitMs: WAIT_MS });
    return {
      ...tap,
      extended: tap.extended && extended,
      async close() {
        await tap.close();
        service.close();
      },
    };
  } catch (error) {
    service.close();
    throw error;
  }
}
