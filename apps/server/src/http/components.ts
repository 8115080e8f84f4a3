/**
 * The names of shapes in the contract. What must hold: one name for one shape, and it never changes: generated clients
 * have types of these names.
 */
import { UPLOADS_TYPE } from '@sokkin/purse';
import { z } from 'zod';
import * as operators from './operators-schemas.ts';
import * as oversight from './oversight-schemas.ts';
import * as s from './schemas.ts';

const NAMED: Readonly<Record<string, z.ZodType>> = {
  Account: s.account,
  AccountEntry: s.accountEntry,
  Alert: s.alert,
  AuditReport: s.auditReport,
  Chain: s.chain,
  Challenge: s.challenge,
  Destruction: oversight.destruction,
  Funding: s.funding,
  Health: s.health,
  Issuance: oversight.issuance,
  JournalEntry: s.journalEntry,
  LogEntry: oversight.logEntry,
  LogHead: oversight.logHead,
  Operator: operators.operator,
  Pki: s.pki,
  Problem: s.problem,
  Proposal: oversight.proposal,
  Provisioned: s.provisioned,
  Purse: s.purse,
  PurseSummary: s.purseSummary,
  Redemption: s.redemption,
  RedemptionAnswer: s.redemptionAnswer,
  SyncAnswer: s.syncAnswer,
};

/** Examples, with which the try-it page fills its forms. */
const EXAMPLES: readonly (readonly [z.ZodType, object])[] = [
  [s.newAccount, { name: 'Hanako' }],
  [s.moneyRequest, { account: 'acc_0123456789abcdef01234567', amount: '5000', currency: 'JPY' }],
];

const text = { type: 'string' };
const CLIENT = { client_id: text, client_secret: text };
/** Bodies that are forms have no validator (their fields are read one by one): this is what they hold. */
export const FORMS: Readonly<Record<string, object>> = {
  createOauthToken: {
    type: 'object',
    properties: {
      grant_type: { type: 'string', enum: ['client_credentials'] },
      scope: { ...text, description: 'Fewer rights than the client has, separated by spaces' },
      ...CLIENT,
    },
    required: ['grant_type'],
  },
  createOauthRevoke: { type: 'object', properties: { token: text, ...CLIENT }, required: ['token'] },
};

/** Bodies that are octets. */
export const PACKED: Readonly<Record<string, string>> = {
  createSyncPacked: UPLOADS_TYPE,
  createTerminalMessage: 'application/octet-stream',
};

/** Once for all servers of a process: the registry is zod's own. */
export function nameComponents(): void {
  for (const [id, schema] of Object.entries(NAMED)) {
    if (!z.globalRegistry.has(schema)) z.globalRegistry.add(schema, { id });
  }
  for (const [schema, example] of EXAMPLES) z.globalRegistry.add(schema, { examples: [example] });
}
