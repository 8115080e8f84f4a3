/** NFC tags beside the camera, where the browser has Web NFC: what is read goes the same way as a code that was read. */
import type { Bytes } from '@sokkin/codec';
import { SokkinError } from '@sokkin/codec';
import { parseShown, type ShownMessage } from '@sokkin/terminal';
import { nearTags } from '@sokkin/web/web-nfc';
import { useEffect, useEffectEvent } from 'react';

/** `shown`: what a tag that is held to this phone is to be told; undefined: it is only read. */
export function useNearTags(shown: Bytes | undefined, onMessage: (message: ShownMessage) => void): void {
  const hear = useEffectEvent((objects: Bytes) => {
    try {
      onMessage(parseShown(objects));
    } catch (error) {
      // A tag with something else on it.
      if (!(error instanceof SokkinError)) throw error;
    }
  });
  useEffect(() => {
    const tags = nearTags();
    if (tags === undefined) return;
    const stop = new AbortController();
    // Where NFC is refused or off there is the camera.
    const unheard = () => undefined;
    void tags.listen(hear, stop.signal).catch(unheard);
    if (shown !== undefined) void tellUntilHeard(() => tags.tell(shown, stop.signal), stop.signal);
    return () => stop.abort();
  }, [shown]);
}

/** A tag that left too early is told again. */
async function tellUntilHeard(tell: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      return await tell();
    } catch (error) {
      if (!(error instanceof SokkinError)) throw error;
      if (error.code === 'nfc_refused') return;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
