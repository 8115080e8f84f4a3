/** The frame of an app: mark, title, what is over the content, and ways between its rooms. */
import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { catalogue, useTexts } from '../language/language.tsx';

const TEXTS = catalogue({ rooms: 'Main', skip: 'Skip to content' }, { rooms: 'メイン', skip: '本文へ' });

/** The seal: 即. Its colour is used for nothing else. */
export function Mark({ size = 32 }: { readonly size?: number }) {
  return (
    <svg className="sk-mark" width={size} height={size} viewBox="0 0 32 32" role="img" aria-label="Sokkin">
      <rect x="1" y="1" width="30" height="30" rx="7" />
      <path d="M8 8h7v9H8zM8 12.5h7M8 17v7l4-2M12.5 19.5l2.5 3M19 24V8h5v11q0 1.500-1.500 1.500H21" />
    </svg>
  );
}

export interface Room<V extends string> {
  readonly value: V;
  readonly label: string;
  readonly icon: LucideIcon;
}

export interface ShellProps<V extends string> {
  readonly title: string;
  readonly status?: ReactNode;
  readonly rooms?: readonly Room<V>[];
  readonly room?: V;
  readonly onRoom?: (room: V) => void;
  /** On a wide screen it takes the width, and the ways stand at the side. */
  readonly wide?: boolean;
  readonly children: ReactNode;
}

export function Shell<V extends string>({
  title,
  status,
  rooms = [],
  room,
  onRoom,
  wide = false,
  children,
}: ShellProps<V>) {
  const texts = useTexts(TEXTS);
  return (
    <div className="sk-shell" data-wide={wide || undefined}>
      <a className="sk-unseen sk-skip" href="#content">
        {texts.skip}
      </a>
      <header className="sk-shell-head">
        <Mark />
        <p className="sk-strong">{title}</p>
        <div className="sk-shell-status">{status}</div>
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      {rooms.length > 0 && (
        <nav className="sk-rooms" aria-label={texts.rooms}>
          {rooms.map(({ value, label, icon: Icon }) => (
            <button
              type="button"
              key={value}
              aria-current={value === room ? 'page' : undefined}
              onClick={() => onRoom?.(value)}
            >
              <Icon aria-hidden size={22} />
              <span>{label}</span>
            </button>
          ))}
        </nav>
      )}
    </div>
  );
}
