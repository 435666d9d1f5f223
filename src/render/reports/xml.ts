/** An XML element: name, attributes (undefined ones are left out), and what is inside it. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  inside: readonly string[] | string = [],
): string {
  const head = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${xmlText(String(value))}"`)
    .join('');
  if (inside.length === 0) {
    return `<${name}${head}/>`;
  }
  return typeof inside === 'string'
    ? `<${name}${head}>${xmlText(inside)}</${name}>`
    : `<${name}${head}>\n${inside.join('\n')}\n</${name}>`;
}

/** Text and attribute values. What XML 1.0 cannot carry at all is shown as \uXXXX. */
export function xmlText(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, escaped)
    .replaceAll(/[\u007F-\u009F\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/g, escaped)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll(/[\t\n\r]/g, (white) => `&#${white.charCodeAt(0)};`);
}

function escaped(character: string): string {
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
}
