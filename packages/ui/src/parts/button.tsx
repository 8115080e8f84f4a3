/** Buttons. What must hold: while it is busy it says so and does nothing; one without words has a name. */
import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

export type Tone = 'primary' | 'plain' | 'quiet' | 'danger';

export interface ButtonProps {
  readonly children: ReactNode;
  readonly onPress?: () => void;
  readonly tone?: Tone;
  readonly icon?: LucideIcon;
  /** As wide as there is room. */
  readonly wide?: boolean;
  readonly disabled?: boolean;
  readonly busy?: boolean;
  /** In a form: it sends it. */
  readonly submits?: boolean;
}

export function Button(props: ButtonProps) {
  const {
    children,
    onPress,
    tone = 'plain',
    icon: Icon,
    wide = false,
    disabled = false,
    busy = false,
    submits = false,
  } = props;
  return (
    <button
      type={submits ? 'submit' : 'button'}
      className="sk-button"
      data-tone={tone}
      data-wide={wide || undefined}
      disabled={disabled}
      aria-disabled={busy || undefined}
      aria-busy={busy || undefined}
      onClick={busy ? undefined : onPress}
    >
      {Icon && <Icon aria-hidden size={20} />}
      <span>{children}</span>
    </button>
  );
}

export interface IconButtonProps {
  readonly icon: LucideIcon;
  /** What it does, for those who do not see the picture. */
  readonly name: string;
  readonly onPress: () => void;
  readonly pressed?: boolean;
  readonly disabled?: boolean;
}

export function IconButton({ icon: Icon, name, onPress, pressed, disabled = false }: IconButtonProps) {
  return (
    <button
      type="button"
      className="sk-icon-button"
      aria-label={name}
      title={name}
      aria-pressed={pressed}
      disabled={disabled}
      onClick={onPress}
    >
      <Icon aria-hidden size={22} />
    </button>
  );
}
