/**
 * Web NFC, where a browser has it (Chrome on Android): the messages of a purse that is an NFC tag (docs/spec/card-application.md, section 9), and no APDUs. A
 * page cannot be a tag; it reads and writes those of others.
 *
 * What must hold: only records of our type and of a bounded length are given on; what was read proves nothing. A write reaches the tag whole or not at all,
 * and waits until one is held to the phone.
 */
import { type Bytes, SokkinError } from '@sokkin/codec';
import { TAG_MESSAGE } from '@sokkin/terminal';

/** What is used of the specification (https://w3c.github.io/web-nfc/); TypeScript's DOM does not have it. */
interface NdefRecord {
  readonly recordType: string;
  readonly data?: DataView;
}
interface NdefReader {
  scan(options: { readonly signal: AbortSignal }): Promise<void>;
  write(
    message: { readonly records: readonly { readonly recordType: string; readonly data: Bytes }[] },
    options: { readonly overwrite: boolean; readonly signal: AbortSignal },
  ): Promise<void>;
  addEventListener(
    type: 'reading',
    listener: (event: { readonly message: { readonly records: readonly NdefRecord[] } }) => void,
    options: { readonly signal: AbortSignal },
  ): void;
}

export interface NearTags {
  /** `onObjects` for each tag of ours that is read, until `signal`. Rejects with `nfc_refused` or `nfc_failed`. */
  listen(onObjects: (objects: Bytes) => void, signal: AbortSignal): Promise<void>;
  /** Resolves when a tag has it. */
  tell(objects: Bytes, signal: AbortSignal): Promise<void>;
}

/** undefined: this browser has no Web NFC. */
export function nearTags(recordType: string = TAG_MESSAGE.recordType): NearTags | undefined {
  const Reader: (new () => NdefReader) | undefined = Reflect.get(globalThis, 'NDEFReader');
  if (Reader === undefined) return undefined;
  const reader = new Reader();
  return {
    async listen(onObjects, signal) {
      const hear = ({ message }: { readonly message: { readonly records: readonly NdefRecord[] } }) => {
        const objects = objectsIn(message.records, recordType);
        if (objects !== undefined) onObjects(objects);
      };
      reader.addEventListener('reading', hear, { signal });
      await inWords(() => reader.scan({ signal }));
    },
    tell: (objects, signal) =>
      inWords(() =>
        reader.write({ records: [{ recordType, data: objects.slice() }] }, { overwrite: true, signal }),
      ),
  };
}

/** A message of ours is one record and nothing else. */
function objectsIn(records: readonly NdefRecord[], recordType: string): Bytes | undefined {
  const [record, more] = records;
  const data = record?.recordType === recordType && more === undefined ? record.data : undefined;
  if (data === undefined || data.byteLength > TAG_MESSAGE.most) return undefined;
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
}

async function inWords(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (cause) {
    const name = cause instanceof DOMException ? cause.name : '';
    if (name === 'NotAllowedError')
      throw new SokkinError('nfc_refused', 'NFC may not be used by this page.', { cause });
    throw new SokkinError('nfc_failed', 'The tag could not be used: hold it there again.', { cause });
  }
}
