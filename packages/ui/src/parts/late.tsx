/**
 * Rooms whose code comes when they are opened first, and what is shown in place of one that fails.
 *
 * What must hold: a room that cannot be fetched, or fails, takes no other with it: it says so where it would stand, and can be tried again.
 */
import { CloudOff } from 'lucide-react';
import { Component, type ComponentType, lazy, type ReactNode, Suspense, useState } from 'react';
import { catalogue, useTexts } from '../language/language.tsx';
import { Button } from './button.tsx';
import { EmptyState } from './notes.tsx';

const TEXTS = catalogue(
  {
    coming: 'One moment',
    failed: 'This cannot be shown now',
    why: 'It could not be fetched, or something in it failed. What you have is kept.',
    again: 'Try again',
  },
  {
    coming: 'お待ちください',
    failed: '今は表示できません',
    why: '読み込めなかったか、途中で問題が起きました。お手元の内容は保たれています。',
    again: 'もう一度',
  },
);

/** `load` gives the module whose default is the room. */
export function late<P extends object>(
  load: () => Promise<{ readonly default: ComponentType<P> }>,
): ComponentType<P> {
  let Room = lazy(load);
  return function Late(props: P) {
    const [tries, setTries] = useState(0);
    const again = () => {
      Room = lazy(load);
      setTries(tries + 1);
    };
    return (
      <Caught key={tries} onAgain={again}>
        <Suspense fallback={<Coming />}>
          <Room {...props} />
        </Suspense>
      </Caught>
    );
  };
}

/** In place of a room that is still on its way. */
export function Coming() {
  const t = useTexts(TEXTS);
  return (
    <p className="sk-soft" role="status">
      {t.coming}
    </p>
  );
}

interface CaughtProps {
  readonly onAgain: () => void;
  readonly children: ReactNode;
}

/** What fails within is said here, and goes no further. */
export class Caught extends Component<CaughtProps, { readonly isFailed: boolean }> {
  override state = { isFailed: false };

  static getDerivedStateFromError(): { readonly isFailed: boolean } {
    return { isFailed: true };
  }

  override render(): ReactNode {
    return this.state.isFailed ? <Failed onAgain={this.props.onAgain} /> : this.props.children;
  }
}

function Failed({ onAgain }: { readonly onAgain: () => void }) {
  const t = useTexts(TEXTS);
  return (
    <section role="alert">
      <EmptyState icon={CloudOff} title={t.failed}>
        <p>{t.why}</p>
      </EmptyState>
      <Button wide tone="primary" onPress={onAgain}>
        {t.again}
      </Button>
    </section>
  );
}
