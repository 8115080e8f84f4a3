/** Elements. What must hold: text is only ever set as text, so that nothing in the contract or in an answer is markup. */

/** `add(parent, 'p', { class: 'quiet', text: 'Hello' })`: attributes, and `text`. */
export function add(parent, name, { text, ...attributes } = {}) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(key, '');
    else if (value !== undefined && value !== false) element.setAttribute(key, String(value));
  }
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}

/** `code`, **strong**, and links to this server, within a line. */
function inline(parent, line) {
  const parts = line.split(/(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\(\/[^)\s]*\))/);
  for (const part of parts) {
    const link = /^\[([^\]]+)\]\((\/(?!\/)[^)\s]*)\)$/.exec(part);
    if (link) add(parent, 'a', { href: link[2], text: link[1] });
    else if (/^`[^`]+`$/.test(part)) add(parent, 'code', { text: part.slice(1, -1) });
    else if (/^\*\*[^*]+\*\*$/.test(part)) add(parent, 'strong', { text: part.slice(2, -2) });
    else parent.append(part);
  }
}

/** As much Markdown as the contract uses: paragraphs, lists, and what is in a line. */
export function prose(parent, text) {
  for (const block of text.split(/\n\s*\n/)) {
    if (!/^- /.test(block)) {
      inline(add(parent, 'p'), block.replaceAll('\n', ' '));
      continue;
    }
    const list = add(parent, 'ul');
    for (const item of block.split(/\n(?=- )/))
      inline(add(list, 'li'), item.slice(2).replaceAll(/\n\s*/g, ' '));
  }
}

export async function copy(button, text) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
  } catch {
    button.textContent = 'Not allowed to copy';
  }
  setTimeout(() => {
    button.textContent = label;
  }, 1500);
}
