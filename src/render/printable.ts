/**
 * Words from the host (file names, rules, daemon answers) made safe for a terminal: control, format and separator characters
 * are shown as \uXXXX, so that they cannot drive it or hide text.
 */
export function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}

/** A JSON value on one line, made safe; a string without its quotes where it has no white space. */
export function shown(value: unknown): string {
  if (typeof value === 'string' && value !== '' && !/\s/.test(value)) {
    return printable(value);
  }
  return printable(JSON.stringify(value));
}

/**
 * JSON for people and programs alike: the same value, with nothing in it that drives a terminal it is printed on. Outside of its strings
 * JSON has no such characters but line feeds; inside a string `\\uXXXX` of each code unit is the character itself.
 */
export function printableJson(value: unknown): string {
  const text = JSON.stringify(value, undefined, 2);
  return `${text.replaceAll(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escapedUnits)}\n`;
}

function escapedUnits(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
}
