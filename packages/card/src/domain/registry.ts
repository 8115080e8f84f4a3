/**
 * GET STATUS (GPCS 2.3, 11.4): the domain and the applications of the card, each with its lifecycle.
 *
 * What must hold: it only looks. An application tells its own state when it is selected; here it is `selectable`,
 * or `installed` as long as SELECT does not find it.
 */
import {
  type Bytes,
  CARD_LIFECYCLE,
  type CommandApdu,
  concat,
  DOMAIN_AID,
  equal,
  parseTagList,
  parseTemplate,
  type ResponseApdu,
  STATUS_OF,
  SW,
  tlv,
  u8,
} from '@sokkin/codec';
import { type Applet, failed, ok } from '../applet.ts';
import { attempt } from '../attempt.ts';
import type { DomainState } from './state.ts';

/** P2: all of them, each a template E3 (GPCS, table 11-34). */
const ALL_AS_TEMPLATES = 0x02;
const TAG = { entry: 0xe3, aid: 0x4f, lifecycle: 0x9f70, privileges: 0xc5, tags: 0x5c } as const;

/** Lifecycle of an application (GPCS, table 11-4). */
const APPLICATION = { installed: 0x03, selectable: 0x07 } as const;
/** Security domain, card lock, and default application (GPCS, table 11-7). */
const DOMAIN_PRIVILEGES = Uint8Array.of(0x94, 0x00, 0x00);
const NO_PRIVILEGES = Uint8Array.of(0x00, 0x00, 0x00);

interface Entry {
  readonly aid: Bytes;
  readonly lifecycle: number;
  readonly privileges: Bytes;
}

export function getStatus(
  state: DomainState,
  applets: readonly Applet[],
  { p1, p2, data }: CommandApdu,
): ResponseApdu {
  const entries = entriesOf(p1, state, applets);
  if (entries === undefined || p2 !== ALL_AS_TEMPLATES) return failed(SW.incorrectP1P2);
  const criteria = attempt(() => readCriteria(data));
  if (criteria === undefined) return failed(SW.wrongData);
  const { aid, tags } = criteria;
  const found = entries.filter((entry) => equal(entry.aid.subarray(0, aid.length), aid));
  if (found.length === 0) return failed(SW.referencedDataNotFound);
  return ok(concat(...found.map((entry) => encodeEntry(entry, tags))));
}

/** Search criteria (GPCS, 11.4.2.3): the beginning of an AID, and perhaps which objects are wanted. */
function readCriteria(data: Bytes): { aid: Bytes; tags: readonly number[] | undefined } {
  const { aid, tags } = parseTemplate(data, 'GET STATUS', { aid: TAG.aid }, { tags: TAG.tags });
  return { aid, tags: tags && parseTagList(tags) };
}

/** undefined: no such kind of entry. Nothing was ever loaded, so there are no files and no modules. */
function entriesOf(p1: number, state: DomainState, applets: readonly Applet[]): Entry[] | undefined {
  switch (p1) {
    case STATUS_OF.domain:
      return [{ aid: DOMAIN_AID, lifecycle: CARD_LIFECYCLE[state.lifecycle], privileges: DOMAIN_PRIVILEGES }];
    case STATUS_OF.applications:
      return applets.map((applet) => ({
        aid: applet.aid,
        lifecycle: applet.isSelectable?.() === false ? APPLICATION.installed : APPLICATION.selectable,
        privileges: NO_PRIVILEGES,
      }));
    case STATUS_OF.loadFiles:
    case STATUS_OF.modules:
      return [];
    default:
      return undefined;
  }
}

function encodeEntry({ aid, lifecycle, privileges }: Entry, tags: readonly number[] | undefined): Bytes {
  const objects: (readonly [number, Bytes])[] = [
    [TAG.aid, aid],
    [TAG.lifecycle, u8(lifecycle)],
    [TAG.privileges, privileges],
  ];
  const wanted = objects.filter(([tag]) => tags === undefined || tags.includes(tag));
  return tlv(TAG.entry, ...wanted.map(([tag, value]) => tlv(tag, value)));
}
