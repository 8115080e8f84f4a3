/** The purse's commands, by the names of its specification (docs/spec/card-application.md, section 4). */
import { type Bytes, describeSw, hex } from '@sokkin/codec';
import { INS, type Instruction, STATUS, statusOfSw } from '@sokkin/purse';
import { type Application, allOf, type Header, isPinCommand } from './application.ts';
import { nameObjects } from './fields.ts';

const TITLES: Readonly<Record<Instruction, string>> = {
  verify: 'VERIFY',
  changeReferenceData: 'CHANGE REFERENCE DATA',
  generateKey: 'GENERATE KEY',
  select: 'SELECT',
  getResponse: 'GET RESPONSE',
  getData: 'GET DATA',
  storeData: 'STORE DATA',
  issueTicket: 'ISSUE TICKET',
  voidTicket: 'VOID TICKET',
  pay: 'PAY',
  reissue: 'REISSUE',
  settle: 'SETTLE',
  credit: 'CREDIT',
  cancel: 'CANCEL',
  statement: 'STATEMENT',
  applyGrant: 'APPLY GRANT',
  readJournal: 'READ JOURNAL',
};
const BY_INS: ReadonlyMap<number, Instruction> = new Map(
  (Object.keys(INS) as Instruction[]).map((name) => [INS[name], name]),
);

export const purseApplication: Application = {
  title(c) {
    const instruction = BY_INS.get(c.ins);
    return instruction && TITLES[instruction];
  },
  parameters: () => '',
  secret: (c) => (isPinCommand(c.ins) ? 'PIN (not shown)' : undefined),
  data: nameData,
  answer: (_c, answer) => nameObjects(answer),
  status(_c, sw) {
    const own = statusOfSw(sw);
    const code = sw.toString(16).toUpperCase();
    return own === undefined ? describeSw(sw) : `${code} ${own}: ${STATUS[own].says}`;
  },
  over: () => undefined,
};

function nameData(c: Header, data: Bytes) {
  if (c.ins === INS.select) return allOf(data, 'application identifier', hex(data));
  const objects = nameObjects(data);
  if (c.ins !== INS.storeData) return objects;
  // Data that does not parse may hold the PIN block anywhere.
  return objects.map((r) => (r.name.startsWith('?') ? { ...r, text: '(not shown)' } : r));
}
