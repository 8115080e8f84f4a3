/** What waits for a second pair of eyes, and policies, which are changed no other way. */
import { SokkinError } from '@sokkin/codec';
import * as read from '@sokkin/sdk/json';
import { decide, everything } from '../api/oversight.ts';
import { readJson } from '../data/files.ts';
import type { Command } from '../io/command.ts';

const PROPOSAL = { name: 'proposal', says: 'prp_...' } as const;

const line = (p: read.Json): string =>
  `${String(p.id)}  ${String(p.status).padEnd(9)} ${String(p.kind).padEnd(16)} by ${String(p.proposed_by)}  ${JSON.stringify(p.body)}`;

const facts = (p: read.Json): string[] => [
  `${String(p.id)}: ${String(p.status)}`,
  `  if approved   ${String(p.says)}`,
  `  about         ${String(p.subject)}`,
  `  asked         ${JSON.stringify(p.body)}`,
  `  proposed by   ${String(p.proposed_by)}, ${String(p.created_at)}`,
  ...(p.decided_by === null
    ? [`  until         ${String(p.expires_at)}`]
    : [`  decided by    ${String(p.decided_by)}, ${String(p.decided_at)}`]),
];

export const proposalList: Command = {
  name: 'proposal list',
  says: 'what waits for a second pair of eyes',
  flags: {
    status: { value: 'STATUS', says: 'waiting (default), approved, refused, withdrawn, expired, or all' },
  },
  examples: ['sokkin proposal list', 'sokkin proposal list --status all'],
  async run(context, args) {
    const status = args.maybe('status') ?? 'waiting';
    const query = status === 'all' ? '' : `&status=${encodeURIComponent(status)}`;
    const proposals = await everything(context.api(), `/v1/proposals?limit=100${query}`);
    return {
      json: { proposals },
      lines: proposals.length === 0 ? [`Nothing is ${status}.`] : proposals.map(line),
    };
  },
};

export const proposalShow: Command = {
  name: 'proposal show',
  says: 'one proposal',
  positionals: [PROPOSAL],
  examples: ['sokkin proposal show prp_00112233445566778899aabb'],
  async run(context, args) {
    const json = await context.api().get(`/v1/proposals/${encodeURIComponent(args.text('proposal'))}`);
    return { json, lines: facts(json) };
  },
};

const decision = (how: 'approve' | 'refuse' | 'withdraw', says: string): Command => ({
  name: `proposal ${how}`,
  says,
  positionals: [PROPOSAL],
  examples: [`sokkin proposal ${how} prp_00112233445566778899aabb`],
  async run(context, args) {
    // In the sandbox, its second client is the one who decides.
    const api = context.api({ as: how === 'withdraw' ? 'first' : 'second' });
    const json = await decide(api, args.text('proposal'), how, crypto.randomUUID());
    return { json, lines: facts(json) };
  },
});
export const proposalApprove = decision('approve', 'agree to what somebody else proposed: it takes effect');
export const proposalRefuse = decision('refuse', 'refuse what somebody else proposed');
export const proposalWithdraw = decision('withdraw', 'withdraw what you proposed');

export const policyShow: Command = {
  name: 'policy show',
  says: 'the limits in force',
  flags: { history: { says: 'all versions, newest first' } },
  examples: ['sokkin policy show', 'sokkin policy show --history --json'],
  async run(context, args) {
    const api = context.api();
    if (!args.has('history')) {
      const json = await api.get('/v1/policies/limits');
      return { json, lines: [`Version ${String(json.version)}`, JSON.stringify(json.document, null, 2)] };
    }
    const versions = await everything(api, '/v1/policies/limits/versions?limit=100');
    const lines = versions.map(
      (v) =>
        `${String(v.version).padStart(4)}  ${String(v.created_at)}  ${String(v.proposal ?? 'came with the program')}`,
    );
    return { json: { versions }, lines };
  },
};

export const policyPropose: Command = {
  name: 'policy propose',
  says: 'propose other limits',
  positionals: [{ name: 'file', says: 'the whole document, as "policy show --json" gives it' }],
  examples: ['sokkin policy propose limits.json'],
  async run(context, args) {
    const file = args.text('file');
    const found = await readJson(file);
    if (found === undefined) throw new SokkinError('not_found', `There is no file ${file}.`);
    const api = context.api();
    // A file of "policy show --json" says which version it was made from.
    const isWhole = found.document !== undefined;
    const from_version = isWhole ? found.version : (await api.get('/v1/policies/limits')).version;
    const body = { from_version, document: isWhole ? found.document : found };
    const json = await api.post('/v1/policies/limits', body, crypto.randomUUID());
    const id = read.text(json.id, 'id');
    return { json, lines: [`Proposed. Somebody else approves it: sokkin proposal approve ${id}`] };
  },
};
