/** What the roles of a shop are called. */
import { catalogue } from '@sokkin/ui';
import type { Role } from '../shop/roles.ts';

export const ROLES = catalogue(
  { cashier: 'Cashier', manager: 'Manager' } satisfies Record<Role, string>,
  { cashier: '担当者', manager: '店長' } satisfies Record<Role, string>,
);
