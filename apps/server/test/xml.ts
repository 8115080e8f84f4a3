/**
 * A strict reader of the XML that ISO 20022 messages are: elements, attributes, text and the five entities; whatever else
 * is there is an error. And the shape of a message as a table: which element holds which, in which order.
 */
export interface XmlNode {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlNode[];
  readonly text: string;
}

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': "'" },
};
const plain = (text: string): string =>
  text.replaceAll(/&[^;]*;?/g, (entity) => {
    const found = ENTITIES[entity];
    if (found === undefined) throw new Error(`entity ${entity}`);
    return found;
  });

export function parseXml(text: string): XmlNode {
  const head = '<?xml version="1.0" encoding="UTF-8"?>\n';
  if (!text.startsWith(head)) throw new Error('no XML declaration');
  let at = head.length;
  const match = (pattern: RegExp): RegExpExecArray => {
    const sticky = new RegExp(pattern.source, 'yu');
    sticky.lastIndex = at;
    const found = sticky.exec(text);
    if (found === null) throw new Error(`at ${at}: ${text.slice(at, at + 40)}`);
    at += found[0].length;
    return found;
  };
  const node = (): XmlNode => {
    const [, name = '', attributes = ''] = match(/<([A-Za-z0-9]+)((?: [A-Za-z]+="[^"<]*")*)>/);
    const children: XmlNode[] = [];
    const words = match(/[^<]*/)[0];
    while (text[at] === '<' && text[at + 1] !== '/') children.push(node());
    match(new RegExp(`</${name}>`));
    if (children.length > 0 && words !== '') throw new Error(`${name} mixes text and elements`);
    const pairs = [...attributes.matchAll(/([A-Za-z]+)="([^"]*)"/g)];
    return {
      name,
      attributes: Object.fromEntries(pairs.map(([, key = '', value = '']) => [key, plain(value)])),
      children,
      text: plain(words),
    };
  };
  const root = node();
  if (text.slice(at) !== '\n') throw new Error('something follows the document');
  return root;
}

/** Its children in order: `name` once, `name?` at most once, `name*` any number; or the pattern of its text. */
export type Shape = Readonly<Record<string, readonly string[] | RegExp>>;

/** Throws where the message is not of this shape. Elements are named by their path, or by their own name. */
export function assertShape(shape: Shape, node: XmlNode, path = node.name): void {
  const rule = shape[path] ?? shape[node.name];
  if (rule === undefined) throw new Error(`${path} is not expected`);
  if (rule instanceof RegExp) {
    if (node.children.length > 0 || !rule.test(node.text)) throw new Error(`${path}: ${node.text}`);
    return;
  }
  const names = node.children.map((child) => child.name);
  let rest = names;
  for (const step of rule) {
    const name = step.replace(/[?*]$/, '');
    const found = rest.findIndex((other) => other !== name);
    const count = found < 0 ? rest.length : found;
    const most = step.endsWith('*') ? Number.POSITIVE_INFINITY : 1;
    if (count > most || (count === 0 && !/[?*]$/.test(step)))
      throw new Error(`${path}: ${count} of ${name} in ${names}`);
    rest = rest.slice(count);
  }
  if (rest.length > 0) throw new Error(`${path}: ${rest} out of place in ${names}`);
  for (const child of node.children) assertShape(shape, child, `${path}/${child.name}`);
}

/** The texts of all elements of this name, in order. */
export function texts(node: XmlNode, name: string): string[] {
  const own = node.name === name ? [node.text] : [];
  return [...own, ...node.children.flatMap((child) => texts(child, name))];
}
