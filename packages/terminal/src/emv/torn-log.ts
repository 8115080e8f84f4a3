/**
 * The torn log as text, for whoever keeps it over a reload or a power cut: JSON, format `sokkin-torn-log-1`.
 *
 * What must hold: what was written reads back the same; anything else is `bad_torn_log` with its place, and never half a log.
 */
import { hex, SokkinError } from '@sokkin/codec';
import { Field } from './config/field.ts';
import type { TornLog, TornTransaction } from './kernel/torn.ts';

const FORMAT = 'sokkin-torn-log-1';
const CVMS = ['noCvm', 'signature', 'onlinePin', 'onDevice', 'none'] as const;
const MOST = 64;

export function formatTornLog(log: TornLog): string {
  const entries = log.map((t) => ({
    id: t.id,
    amount: t.amount.toString(),
    pan: hex(t.pan),
    sequence: hex(t.sequence ?? new Uint8Array(0)),
    asked: {
      type: t.asked.type,
      pdolData: hex(t.asked.pdolData),
      cdol1Data: hex(t.asked.cdol1Data),
      unpredictableNumber: hex(t.asked.unpredictableNumber),
      isSigned: t.asked.isSigned,
    },
    drdolData: hex(t.drdolData),
    shown: [...t.shown].map(([tag, value]) => ({ tag, value: hex(value) })),
    cvm: t.cvm,
    atSeconds: t.atSeconds,
  }));
  return JSON.stringify({ format: FORMAT, entries });
}

export function readTornLog(text: string): TornLog {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new SokkinError('bad_torn_log', 'log: this is not JSON.', { cause });
  }
  const top = new Field('log', json, 'bad_torn_log').members(['format', 'entries']);
  top.format.oneOf([FORMAT]);
  return top.entries.list(0, MOST).map(readEntry);
}

function readEntry(field: Field): TornTransaction {
  const e = field.members([
    'id',
    'amount',
    'pan',
    'sequence',
    'asked',
    'drdolData',
    'shown',
    'cvm',
    'atSeconds',
  ]);
  const a = e.asked.members(['type', 'pdolData', 'cdol1Data', 'unpredictableNumber', 'isSigned']);
  const sequence = e.sequence.bytes(0, 1);
  return {
    id: e.id.text(/^[\s\S]{1,200}$/, 'the name of a transaction'),
    amount: e.amount.amount(),
    pan: e.pan.bytes(1, 10),
    sequence: sequence.length === 0 ? undefined : sequence,
    asked: {
      type: a.type.oneOf(['tc', 'arqc', 'aac']),
      pdolData: a.pdolData.bytes(0, 252),
      cdol1Data: a.cdol1Data.bytes(0, 255),
      unpredictableNumber: a.unpredictableNumber.bytes(4),
      isSigned: a.isSigned.flag(),
    },
    drdolData: e.drdolData.bytes(1, 255),
    shown: new Map(e.shown.list(0, 512).map(readElement)),
    cvm: e.cvm.oneOf(CVMS),
    atSeconds: e.atSeconds.whole(0, Number.MAX_SAFE_INTEGER),
  };
}

function readElement(field: Field): readonly [number, Uint8Array] {
  const e = field.members(['tag', 'value']);
  return [e.tag.whole(1, 0xffffff), e.value.bytes(0, 255)];
}
