/**
 * `pcscTransport`: a real reader, or the virtual one, as the way to a purse. One call, one tap.
 *
 * What must hold: the service is let go of with the tap, so a program that tapped once can end.
 */
import { openPcsc, type TapWish } from './service.ts';
import type { PcscTransport } from './tap.ts';

export type { PcscTransport };

/** Waits for a card on the reader (any, if none is named) and takes it. See `PcscService.tap` for the errors. */
export async function pcscTransport(wish: TapWish = {}): Promise<PcscTransport> {
  const service = openPcsc();
  try {
    const tap = await service.tap(wish);
    return {
      ...tap,
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
