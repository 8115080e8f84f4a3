/** The desk's page. */
import { LanguageProvider } from '@sokkin/ui';
import { createRoot } from 'react-dom/client';
import '@sokkin/ui/theme.css';
import './desk.css';
import { Desk } from './desk.tsx';

const root = document.getElementById('root');
if (root === null) throw new Error('Bug: the page has no root');
createRoot(root).render(
  <LanguageProvider>
    <Desk />
  </LanguageProvider>,
);
