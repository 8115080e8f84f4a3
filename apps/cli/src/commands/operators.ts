/** Operators: enrolled, invited, listed, dismissed; and logging in as one. */
import * as read from '@sokkin/sdk/json';
import { everything } from '../api/oversight.ts';
import { forgetSession, keepSession, readSession } from '../data/session.ts';
import { type Args, type Command, UsageError } from '../io/command.ts';
import { passwordOf } from '../io/secret.ts';

const NAME = { name: 'name', says: 'what the operator logs in as: a-z, 0-9, ".", "_", "-"' } as const;
const OPERATOR = { name: 'operator', says: 'opr_..., or the name' } as const;
const ROLES = {
  value: 'ROLES',
  says: 'separated by commas: administrator, issuer_officer, approver, policy_officer, investigator, key_custodian, auditor, support',
} as const;

const rolesOf = (args: Args): string[] => (args.maybe('roles') ?? '').split(',').filter((r) => r !== '');

export const operatorEnrol: Command = {
  name: 'operator enrol',
  says: 'use the code of an invitation: choose a password',
  positionals: [NAME],
  flags: { code: { value: 'CODE', says: 'as the server or an administrator gave it', required: true } },
  examples: ['sokkin operator enrol ada --code ABCDE-FGHIJ-KLMNO-PQRST-UVWXY-Z'],
  async run(context, args) {
    const name = args.text('name');
    const body = { code: args.text('code'), name, password: await passwordOf(context, true) };
    const json = await context.api().postAsNobody('/v1/operators/enrol', body);
    return { json, lines: [`${name} is enrolled (${String(json.id)}). Go on: sokkin login ${name}`] };
  },
};

export const operatorInvite: Command = {
  name: 'operator invite',
  says: 'invite an operator: shows a one-time code',
  positionals: [NAME],
  flags: {
    roles: ROLES,
    institution: { value: 'ID', says: 'for whom (your own)' },
  },
  examples: [
    'sokkin operator invite ben --roles issuer_officer',
    'sokkin operator invite eve --roles auditor',
  ],
  async run(context, args) {
    const [name, institution] = [args.text('name'), args.maybe('institution')];
    const whose = institution === undefined ? {} : { institution };
    const json = await context.api().post('/v1/operators', { name, roles: rolesOf(args), ...whose });
    return { json, lines: invitationLines(name, json) };
  },
};

const invitationLines = (name: string, json: read.Json): string[] => [
  `${name} enrols within a day: sokkin operator enrol ${name} --code ${read.text(json.code, 'code')}`,
  ...waitingLines(json),
];
const waitingLines = ({ proposal }: read.Json): string[] =>
  typeof proposal === 'string'
    ? [`A second administrator must agree to some of the roles: sokkin proposal approve ${proposal}`]
    : [];

export const operatorCode: Command = {
  name: 'operator code',
  says: 'a new code for who has not enrolled',
  positionals: [OPERATOR],
  examples: ['sokkin operator code ben'],
  async run(context, args) {
    const { id, name } = await named(context.api(), args.text('operator'));
    const json = await context.api().post(`/v1/operators/${id}/code`, {});
    return { json, lines: invitationLines(name, json) };
  },
};

export const operatorRoles: Command = {
  name: 'operator roles',
  says: 'set the roles of another operator',
  positionals: [OPERATOR],
  flags: { roles: ROLES },
  examples: ['sokkin operator roles ben --roles issuer_officer,support'],
  async run(context, args) {
    const { id, name } = await named(context.api(), args.text('operator'));
    const body = { roles: rolesOf(args) };
    const json = await context.api().post(`/v1/operators/${id}/roles`, body, crypto.randomUUID());
    const has = read.list(json.roles, 'roles').join(', ');
    return { json, lines: [`${name} has: ${has || 'no role'}.`, ...waitingLines(json)] };
  },
};

export const operatorList: Command = {
  name: 'operator list',
  says: 'who may do what',
  examples: ['sokkin operator list'],
  async run(context) {
    const operators = await everything(context.api(), '/v1/operators?limit=100');
    const lines = operators.map((o) => {
      const roles = read.list(o.roles, 'roles').join(', ');
      return `${String(o.id)}  ${String(o.name ?? '(chooses a name)').padEnd(18)} ${String(o.status).padEnd(10)} ${roles}`;
    });
    return { json: { operators }, lines: lines.length === 0 ? ['There are no operators.'] : lines };
  },
};

export const operatorDismiss: Command = {
  name: 'operator dismiss',
  says: 'dismiss an operator, at once and for good',
  positionals: [OPERATOR],
  examples: ['sokkin operator dismiss ben'],
  async run(context, args) {
    const { id, name } = await named(context.api(), args.text('operator'));
    const json = await context.api().post(`/v1/operators/${id}/dismiss`, {});
    return { json, lines: [`${name} is dismissed; all sessions have ended.`] };
  },
};

async function named(
  api: Parameters<typeof everything>[0],
  words: string,
): Promise<{ readonly id: string; readonly name: string }> {
  const all = await everything(api, '/v1/operators?limit=100');
  const found = all.find((o) => o.id === words || o.name === words.toLowerCase());
  if (found === undefined) throw new UsageError(`There is no operator "${words}". See: sokkin operator list`);
  return { id: read.text(found.id, 'id'), name: String(found.name ?? found.id) };
}

export const login: Command = {
  name: 'login',
  says: 'go on as this operator, in this data folder',
  positionals: [NAME],
  examples: ['sokkin login ada'],
  async run(context, args) {
    const name = args.text('name');
    const body = { name, password: await passwordOf(context, false) };
    const json = await context.api().postAsNobody('/v1/sessions', body);
    const operator = read.object(json.operator, 'operator');
    await keepSession(context.data, {
      session: read.text(json.token, 'token'),
      operator: read.text(operator.id, 'operator.id'),
      name,
      expiresAt: read.text(json.expires_at, 'expires_at'),
    });
    const roles = read.list(operator.roles, 'operator.roles').join(', ') || 'no role yet';
    const { token: _, ...shown } = json;
    return {
      json: shown,
      lines: [`Logged in as ${name} (${roles}). Commands in ${context.data} go on as ${name}: sokkin logout`],
    };
  },
};

export const logout: Command = {
  name: 'logout',
  says: 'end the session',
  examples: ['sokkin logout'],
  async run(context) {
    const session = await readSession(context.data);
    const isOpen = session !== undefined && Date.parse(session.expiresAt) > Date.now();
    if (isOpen) await context.api().post('/v1/sessions/end', {});
    await forgetSession(context.data);
    const says = session === undefined ? 'Nobody was logged in.' : `${session.name} is logged out.`;
    return { json: { ended: session !== undefined }, lines: [says] };
  },
};
