/** The newest result of the audit, for whoever watches: written where an audit was run, read when metrics are collected. */
import type { Audit } from '@sokkin/issuer';

export interface AuditNote {
  note(audit: Audit, at: Date): void;
  last(): { readonly audit: Audit; readonly at: Date } | undefined;
}

export function auditNote(): AuditNote {
  let last: { audit: Audit; at: Date } | undefined;
  return {
    note(audit, at) {
      if (last === undefined || at >= last.at) last = { audit, at };
    },
    last: () => last,
  };
}
