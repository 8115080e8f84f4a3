/** ?room=... shows one room, ?language= and ?theme= as they say. */
import { createRoot } from 'react-dom/client';
import '@fontsource-variable/noto-sans-jp';
import '../src/theme/theme.css';
import { LANGUAGES, type Language, LanguageProvider } from '../src/index.ts';
import { Gallery } from './rooms.tsx';

const query = new URLSearchParams(location.search);
const language = LANGUAGES.find((one) => one === query.get('language')) satisfies Language | undefined;
const theme = query.get('theme');
if (theme !== null) document.documentElement.dataset.theme = theme;

const root = document.getElementById('root');
if (root === null) throw new Error('Bug: the page has no root');
createRoot(root).render(
  <LanguageProvider {...(language === undefined ? {} : { first: language })}>
    <Gallery room={query.get('room') ?? 'parts'} />
  </LanguageProvider>,
);
