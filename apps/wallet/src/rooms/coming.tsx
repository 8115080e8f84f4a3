/** In place of a room whose code is still on its way. */
import { catalogue, useTexts } from '@sokkin/ui';

const TEXTS = catalogue({ coming: 'One moment' }, { coming: 'お待ちください' });

export function Coming() {
  const t = useTexts(TEXTS);
  return (
    <p className="sk-soft" role="status">
      {t.coming}
    </p>
  );
}
