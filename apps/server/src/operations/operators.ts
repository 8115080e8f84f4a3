/**
 * Operators: invited with a one-time code, enrolled with a password, given roles, dismissed.
 *
 * What must hold: a code is used once, within a day, and is kept as its SHA-256; nobody changes their own rights; once
 * two were ever administrators of an institution, to give the roles of roles.ts FOUR_EYES_ROLES takes two of them.
 */
import { CENTRAL_BANK, type LedgerTx, type OperatorRow } from '@sokkin/issuer';
import { record, SYSTEM } from '../access/audit-log.ts';
import { assertStrong, hashPassword } from '../access/passwords.ts';
import { mayAct, maySee, type Principal } from '../access/principal.ts';
import { FOUR_EYES_ROLES, type RoleName } from '../access/roles.ts';
import { type Backend, newId } from '../backend.ts';
import { Problem } from '../problems.ts';
import { hashOfCode, newCode } from './one-time-codes.ts';

const CODE_MS = 24 * 3_600_000;

function freshCode(b: Backend) {
  const code = newCode(b);
  const expiresAt = new Date(b.clock().getTime() + CODE_MS);
  return { code, kept: { hash: hashOfCode(code), expiresAt } };
}

export async function getOperator(tx: LedgerTx, who: Principal, id: string): Promise<OperatorRow> {
  return visible(await tx.operators.byId(id), who, id);
}

function visible(operator: OperatorRow | undefined, who: Principal, id: string): OperatorRow {
  if (operator === undefined || !maySee(who, operator))
    throw new Problem('not_found', `There is no operator ${id}.`);
  return operator;
}

/** Which of the roles it takes a second administrator of the giver's institution to give. */
export async function rolesForTwo(
  tx: LedgerTx,
  who: Principal,
  had: readonly string[],
  wanted: readonly RoleName[],
): Promise<RoleName[]> {
  const { ever } = await tx.operators.administrators(who.institution);
  return ever < 2 ? [] : wanted.filter((role) => FOUR_EYES_ROLES.has(role) && !had.includes(role));
}

export interface Invitation {
  readonly name: string;
  readonly roles: readonly RoleName[];
  readonly institution: string;
}

/** Gives the code, which is not kept. */
export async function invite(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  { name, roles, institution }: Invitation,
) {
  if (!maySee(who, { institution }) || (await tx.institutions.byId(institution)) === undefined)
    throw new Problem('not_found', `There is no institution ${institution}.`);
  const { code, kept } = freshCode(b);
  const id = newId(b, 'opr');
  if (!(await tx.operators.invite({ id, institution, name, roles }, kept, b.clock())))
    throw new Problem('name_taken', `There is, or was, an operator "${name}".`, 'name');
  record(b, tx, who, 'operator.invited', id, { roles, institution });
  return { code, operator: await getOperator(tx, who, id) };
}

/** In place of a code that was lost or has expired. */
export async function renewCode(b: Backend, tx: LedgerTx, who: Principal, id: string) {
  const operator = visible(await tx.operators.lock(id), who, id);
  if (operator.status !== 'invited')
    throw new Problem(
      'code_invalid',
      `The operator ${id} is ${operator.status}, so there is no code to renew.`,
    );
  const { code, kept } = freshCode(b);
  await tx.operators.setCode(id, kept);
  record(b, tx, who, 'operator.code_renewed', id);
  return { code, operator: await getOperator(tx, who, id) };
}

export interface Enrolment {
  readonly code: string;
  readonly name: string;
  readonly password: string;
}

export async function enrol(b: Backend, { code, name, password }: Enrolment): Promise<OperatorRow> {
  const hash = hashOfCode(code);
  const invited = (tx: LedgerTx) => tx.operators.lockByCode(hash, b.clock());
  // Before the costly hash, so that whoever has no code cannot make the server compute it.
  await b.store.write(async (tx) => assertInvited(await invited(tx), name));
  assertStrong(password, name);
  const kept = await hashPassword(password);
  return b.store.write(async (tx) => {
    const { id } = assertInvited(await invited(tx), name);
    if (!(await tx.operators.activate(id, { name, password: kept })))
      throw new Problem('name_taken', `There is, or was, an operator "${name}".`, 'name');
    const operator = await tx.operators.byId(id);
    if (operator === undefined) throw new Error('Bug: an operator is gone');
    if (operator.roles.includes('administrator')) await tx.operators.becameAdministrator(id, b.clock());
    record(b, tx, { ...SYSTEM, id, institution: operator.institution }, 'operator.enrolled', id);
    return operator;
  });
}

function assertInvited(operator: OperatorRow | undefined, name: string): OperatorRow {
  if (operator === undefined || (operator.name !== undefined && operator.name !== name))
    throw new Problem('code_invalid', 'There is no invitation with this code and name.', 'code');
  return operator;
}

/** Who may be given other roles, or dismissed, by this principal. Until they enrol, also by the central bank. */
export async function changeable(tx: LedgerTx, who: Principal, id: string): Promise<OperatorRow> {
  const operator = visible(await tx.operators.lock(id), who, id);
  if (!mayAct(who, operator) && operator.status !== 'invited')
    throw new Problem('forbidden', 'Only the own administrators of an institution change its operators.');
  return operator;
}

/** Whether this principal may give them roles was asked before (changeable), or when it was proposed. */
export async function setRoles(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
  roles: readonly RoleName[],
): Promise<OperatorRow> {
  const operator = await tx.operators.lock(id);
  if (operator === undefined) throw new Problem('not_found', `There is no operator ${id}.`);
  if (operator.id === who.id) throw new Problem('own_rights', 'Another administrator must do this.');
  if (operator.status === 'dismissed')
    throw new Problem('operator_dismissed', `The operator ${id} was dismissed.`);
  await tx.operators.setRoles(id, roles);
  if (operator.status === 'active' && roles.includes('administrator'))
    await tx.operators.becameAdministrator(id, b.clock());
  record(b, tx, who, 'operator.roles_changed', id, { from: operator.roles, to: roles });
  return { ...operator, roles };
}

/** At once, and for good. Everybody may dismiss themselves. */
export async function dismiss(b: Backend, tx: LedgerTx, who: Principal, id: string): Promise<OperatorRow> {
  const operator = await changeable(tx, who, id);
  if (operator.status !== 'dismissed') {
    await tx.operators.dismiss(id);
    record(b, tx, who, 'operator.dismissed', id, { roles: operator.roles });
  }
  return getOperator(tx, who, id);
}

/**
 * While the central bank has no administrator: a code for one, which whoever starts the server sees. A new one at every
 * start, until one is used.
 */
export async function firstCode(b: Backend): Promise<string | undefined> {
  return b.store.write(async (tx) => {
    if ((await tx.operators.administrators(CENTRAL_BANK)).active > 0) return undefined;
    const { code, kept } = freshCode(b);
    const first = await tx.operators.first();
    if (first === undefined) {
      const id = newId(b, 'opr');
      const row = { id, institution: CENTRAL_BANK, name: undefined, roles: ['administrator'] };
      await tx.operators.invite(row, kept, b.clock());
      record(b, tx, SYSTEM, 'operator.invited', id, { roles: row.roles, institution: CENTRAL_BANK });
    } else {
      await tx.operators.setCode(first.id, kept);
      record(b, tx, SYSTEM, 'operator.code_renewed', first.id);
    }
    return code;
  });
}
