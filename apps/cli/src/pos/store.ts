/**
 * What a terminal keeps over a power cut: its till and its torn log, in SOKKIN_DATA/pos/NAME/.
 *
 * What must hold: whatever `save` was given is on disk when it returns, whole; two commands never have the same terminal at once; a
 * damaged file is an error that names it, never an empty till.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  decodeIso,
  encodeIso,
  fromHex,
  hex,
  type IsoMessage,
  type IsoProfile,
  SokkinError,
} from '@sokkin/codec';
import { openFileNvm } from '@sokkin/node';
import {
  EMPTY_TILL,
  formatTornLog,
  readTornLog,
  type TillEntry,
  type TillState,
  type TornLogPort,
} from '@sokkin/terminal';
import { z } from 'zod';
import { damaged, readIfThere, readJson, writeWhole } from '../data/files.ts';
import type { PosPlace } from './settings.ts';

const digits = z.string().regex(/^\d{1,16}$/);
const octets = z.string().regex(/^([0-9a-f]{2})+$/);
const text = z.string().max(200);
const entrySchema = z.strictObject({
  reference: z.string().regex(/^\d{12}$/),
  kind: z.enum(['pay', 'hold', 'refund', 'offline', 'capture']),
  standing: z.enum(['open', 'approved', 'declined', 'reversing', 'reversed', 'queued', 'sent', 'refused']),
  asked: digits,
  stands: digits,
  wasApproved: digits,
  approvalCode: text.optional(),
  code: text.optional(),
  meaning: text.optional(),
  card: z.strictObject({
    pan: z.string().regex(/^\**\d{4}$/),
    label: text,
    aid: text,
    holder: z.enum(['none', 'signature', 'device']),
  }),
  local: z.string().regex(/^\d{12}$/),
  message: octets,
  undo: z.strictObject({ message: octets, left: digits, wasSent: z.boolean() }).optional(),
  cryptogram: text.optional(),
  of: text.optional(),
  name: text.optional(),
});
const stateSchema = z.strictObject({
  format: z.literal('sokkin-till-1'),
  stan: z.int().min(0).max(999_999),
  batch: z.int().min(1),
  entries: z.array(entrySchema),
});
type Stored = z.infer<typeof entrySchema>;

export interface PosStore {
  readonly state: TillState;
  save(state: TillState): Promise<void>;
  readonly torn: TornLogPort;
  close(): Promise<void>;
}

export async function openPosStore({ folder, name }: PosPlace, profile: IsoProfile): Promise<PosStore> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = await openFileNvm(join(folder, 'lock'), { create: 16 }).catch((cause: unknown) => {
    if (!(cause instanceof SokkinError) || cause.code !== 'card_in_use') throw cause;
    throw new SokkinError(
      'pos_in_use',
      `Another command has the terminal ${name} now. Try again when it has ended.`,
      { cause },
    );
  });
  const [till, torn] = [join(folder, 'till.json'), join(folder, 'torn.json')];
  try {
    return {
      state: await load(till, profile),
      save: (state) => writeWhole(till, `${JSON.stringify(stored(state, profile), null, 1)}\n`),
      torn: {
        load: async () => {
          const bytes = await readIfThere(torn);
          return bytes === undefined ? [] : readTornLog(new TextDecoder().decode(bytes));
        },
        save: (log) => writeWhole(torn, formatTornLog(log)),
      },
      close: () => lock.close(),
    };
  } catch (error) {
    await lock.close();
    throw error;
  }
}

async function load(path: string, profile: IsoProfile): Promise<TillState> {
  const json = await readJson(path);
  if (json === undefined) return EMPTY_TILL;
  const read = stateSchema.safeParse(json);
  if (!read.success) throw damaged(path, new Error(read.error.issues[0]?.path.join('.')));
  const { stan, batch, entries } = read.data;
  try {
    return { stan, batch, entries: entries.map((e) => entryOf(e, profile)) };
  } catch (error) {
    throw damaged(path, error);
  }
}

function stored({ stan, batch, entries }: TillState, profile: IsoProfile) {
  const written = (message: IsoMessage): string => hex(encodeIso(profile, message));
  return {
    format: 'sokkin-till-1',
    stan,
    batch,
    entries: entries.map(({ asked, stands, wasApproved, message, undo, ...rest }) => ({
      ...rest,
      asked: asked.toString(),
      stands: stands.toString(),
      wasApproved: wasApproved.toString(),
      message: written(message),
      undo: undo && { ...undo, message: written(undo.message), left: undo.left.toString() },
    })),
  };
}

function entryOf(e: Stored, profile: IsoProfile): TillEntry {
  const read = (octets: string): IsoMessage => decodeIso(profile, fromHex(octets));
  return {
    ...e,
    approvalCode: e.approvalCode,
    code: e.code,
    meaning: e.meaning,
    cryptogram: e.cryptogram,
    of: e.of,
    asked: BigInt(e.asked),
    stands: BigInt(e.stands),
    wasApproved: BigInt(e.wasApproved),
    message: read(e.message),
    undo: e.undo && { ...e.undo, message: read(e.undo.message), left: BigInt(e.undo.left) },
  };
}
