/** The shapes of terminals that have a key of their own, and of what they are told. */
import type { TerminalRow } from '@sokkin/issuer';
import { z } from 'zod';
import { kernelDocument, terminalRules, terminalsPolicy } from '../operations/terminals/documents.ts';
import type { Enrolled, MadeTerminal } from '../operations/terminals/terminals.ts';
import { linkId } from './acquirer-link-schemas.ts';
import { deviceId, jwk } from './credentials-schemas.ts';
import { merchant, merchantId, showMerchant } from './merchant-schemas.ts';
import * as s from './schemas.ts';

export const terminalId = s.id('trm');
const name = z
  .string()
  .regex(/^[A-Z0-9]{8}$/, 'eight capital letters and digits are expected')
  .describe('What it sends in field 41 (card acceptor terminal identification)');
const code = z
  .string()
  .regex(/^[A-Z0-9]{20}$/, 'twenty capital letters and digits are expected')
  .describe('Whoever shows it becomes the terminal');

export const newTerminal = z
  .strictObject({
    merchant: merchantId,
    connection: linkId.describe('Of the acquirer, over HTTPS: the dialect, and how long a decision may take'),
    terminal: name.optional().describe('What it sends in field 41; left out: one that is free'),
  })
  .meta({
    examples: [{ merchant: 'mch_0123456789abcdef01234567', connection: 'acq_0123456789abcdef01234567' }],
  });

export const terminal = z
  .object({
    id: terminalId,
    institution: s.institutionId.describe('The acquirer'),
    merchant: merchantId,
    connection: linkId,
    terminal: name,
    device: deviceId.nullable().describe('null: it waits for a device that shows its code'),
    status: z.enum(['open', 'closed']),
    created_at: s.time,
  })
  .meta({ id: 'Terminal' });

export const madeTerminal = terminal
  .extend({
    code: code
      .optional()
      .describe('Shown once: not when the answer is repeated. For a day, and for one device'),
  })
  .meta({ id: 'MadeTerminal' });

export const showTerminal = (row: TerminalRow): z.infer<typeof terminal> => ({
  id: row.id,
  institution: row.acquirer,
  merchant: row.merchant,
  connection: row.link,
  terminal: row.terminal,
  device: row.device ?? null,
  status: row.status,
  created_at: row.createdAt.toISOString(),
});

export const showMadeTerminal = ({ row, code }: MadeTerminal): z.infer<typeof madeTerminal> => ({
  ...showTerminal(row),
  code,
});

/** What is kept of an answer that had a code. */
export const withoutCode = ({
  code: _,
  ...kept
}: z.infer<typeof madeTerminal>): z.infer<typeof madeTerminal> => kept;

export const enrolment = z.strictObject({ code, jwk });

/** A shop's device that is a terminal now. */
export const enrolled = z
  .object({ device: deviceId, party: s.partyId, account: s.accountId, terminal, merchant })
  .meta({ id: 'EnrolledTerminal' });

export const showEnrolled = ({ row, merchant: of, device }: Enrolled): z.infer<typeof enrolled> => ({
  device: device.id,
  party: device.party,
  account: of.account,
  terminal: showTerminal(row),
  merchant: showMerchant(of),
});

export const configuration = z
  .object({
    version: z.int().describe('Of the rules for all terminals; an older one goes on to be understood'),
    terminal,
    merchant,
    emv: kernelDocument.describe('As the kernel reads it (docs/spec/terminal-kernel.md, 3)'),
    profile: z
      .record(z.string(), z.unknown())
      .describe('The dialect of its messages, whole (docs/spec/iso8583.md, 3)'),
    ...terminalRules,
    currency: s.currency,
  })
  .meta({ id: 'TerminalConfiguration' });

export const policyVersion = z.object({
  version: z.int(),
  document: terminalsPolicy,
  proposal: s.id('prp').nullable().describe('null: it came with the program'),
});
