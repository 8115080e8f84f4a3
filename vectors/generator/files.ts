/** All vector files, as they are committed: path below vectors/ to text. */
import { keysAndCertificates, limits, messages } from './basics.ts';
import { emvPersonalisation } from './emv/personalisation.ts';
import { emvTransactions } from './emv/transactions.ts';
import { isoMessages } from './iso8583/messages.ts';
import { funding, redemption, sync } from './money.ts';
import {
  cancellation,
  fork,
  phonePayment,
  refusalOnUsedTicket,
  replay,
  tornPayment,
  twoTapCardPayment,
} from './payments.ts';
import { refusals } from './refusals.ts';
import { apduScript, record, type Script } from './world.ts';

export const SCRIPTS: readonly Script[] = [
  twoTapCardPayment,
  phonePayment,
  cancellation,
  refusalOnUsedTicket,
  replay,
  fork,
  funding,
  redemption,
  sync,
  tornPayment,
  refusals,
  emvPersonalisation,
  emvTransactions,
];

export async function vectorFiles(): Promise<ReadonlyMap<string, string>> {
  const files = new Map([
    ['keys-and-certificates.json', json(await keysAndCertificates())],
    ['messages.json', json(messages())],
    ['limits.json', json(await limits())],
    ['iso8583/messages.json', json(isoMessages())],
  ]);
  for (const script of SCRIPTS) {
    const transcript = await record(script);
    files.set(`transcripts/${script.name}.json`, json(transcript));
    files.set(`transcripts/${script.name}.apdu`, apduScript(transcript));
  }
  return files;
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;
