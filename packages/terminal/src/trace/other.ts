/** An application that the tracer does not know: the commands of ISO/IEC 7816-4, and bytes. */
import { describeSw } from '@sokkin/codec';
import { type Application, allOf, bringsSecrets, SELECT } from './application.ts';

const TITLES: ReadonlyMap<number, string> = new Map([
  [0x20, 'VERIFY'],
  [0x24, 'CHANGE REFERENCE DATA'],
  [0x2c, 'RESET RETRY COUNTER'],
  [0x82, 'EXTERNAL AUTHENTICATE'],
  [0x84, 'GET CHALLENGE'],
  [0x88, 'INTERNAL AUTHENTICATE'],
  [SELECT, 'SELECT'],
  [0xb0, 'READ BINARY'],
  [0xb2, 'READ RECORD'],
  [0xc0, 'GET RESPONSE'],
  [0xca, 'GET DATA'],
  [0xd6, 'UPDATE BINARY'],
  [0xda, 'PUT DATA'],
  [0xdc, 'UPDATE RECORD'],
  [0xe2, 'STORE DATA'],
]);

export const otherApplication: Application = {
  title: (c) => TITLES.get(c.ins),
  parameters: () => '',
  secret: (c) => (bringsSecrets(c.ins) ? 'data (not shown)' : undefined),
  data: (c, data) => allOf(data, c.ins === SELECT && c.p1 === 0x04 ? 'application identifier' : 'data'),
  answer: (_c, answer) => allOf(answer, 'data'),
  status: (_c, sw) => describeSw(sw),
  over: () => undefined,
};
