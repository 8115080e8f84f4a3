/** Who may do what in a shop. Pure. */
export type Role = 'cashier' | 'manager';

export type Act =
  | 'sell'
  | 'discount'
  | 'refund'
  | 'close_day'
  | 'sweep'
  | 'staff'
  | 'catalogue'
  | 'settings'
  /** Sees what others have sold, and files of it. */
  | 'export';

const CASHIER: ReadonlySet<Act> = new Set(['sell', 'discount']);

export const mayDo = (role: Role, act: Act): boolean => role === 'manager' || CASHIER.has(act);

/** Whether a person of this role is at least of that one. */
export const isAtLeast = (role: Role, least: Role): boolean => role === 'manager' || least === 'cashier';
