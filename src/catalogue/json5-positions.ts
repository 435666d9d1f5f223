import JSON5 from 'json5';

/** A value in a JSON5 text: the half-open range of UTF-16 units it takes, and what is inside. */
export interface SyntaxNode {
  readonly start: number;
  readonly end: number;
  /** Of an object, as written; a key may stand there twice. */
  readonly members: readonly Member[];
  /** Of an array. */
  readonly items: readonly SyntaxNode[];
}

export interface Member {
  readonly key: string;
  readonly keyStart: number;
  readonly value: SyntaxNode;
}

/** Lines and columns count from 1, columns in UTF-16 units, as the JSON5 parser's own messages do. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

type Path = readonly PropertyKey[];

/** Nested deeper than anything of ours. */
export class NestedTooDeeply extends Error {}
const DEPTH_LIMIT = 100;

/**
 * Where everything stands in `text`, which JSON5.parse must have accepted: the walker looks for borders and does not check.
 * @throws NestedTooDeeply
 */
export function syntaxTree(text: string): SyntaxNode {
  return new Walker(text).document();
}

/** The node `path` leads to, or the deepest one on the way there. Of a key given twice the last one counts, as in JSON5.parse. */
export function nodeAt(tree: SyntaxNode, path: Path): SyntaxNode {
  let node = tree;
  for (const step of path) {
    const next = typeof step === 'number' ? node.items[step] : lastMember(node, step)?.value;
    if (next === undefined) {
      return node;
    }
    node = next;
  }
  return node;
}

/** Offset of the key that `path` ends in; where it ends in no key of the text, of the deepest node on the way there. */
export function keyOffset(tree: SyntaxNode, path: Path): number {
  const last = path.at(-1);
  const parent = nodeAt(tree, path.slice(0, -1));
  const member = last === undefined ? undefined : lastMember(parent, last);
  return member === undefined ? parent.start : member.keyStart;
}

/** Offset and name of every key that stands in its object a second time. */
export function repeatedKeys(node: SyntaxNode): readonly { readonly key: string; readonly offset: number }[] {
  const seen = new Set<string>();
  const here = node.members.flatMap(({ key, keyStart }) => {
    const again = seen.has(key);
    seen.add(key);
    return again ? [{ key, offset: keyStart }] : [];
  });
  const inside = [...node.members.map(({ value }) => value), ...node.items].flatMap(repeatedKeys);
  return [...here, ...inside];
}

function lastMember(node: SyntaxNode, key: PropertyKey): Member | undefined {
  return node.members.findLast((member) => member.key === key);
}

/** JSON5 takes as white space what `\s` takes. */
const GAP = /(?:\s|\/\/[^\n\r\u2028\u2029]*|\/\*[\s\S]*?\*\/)*/y;
/** A number, a literal or an unquoted key: up to what may follow one. */
const WORD = /[^\s,:/{}[\]]*/y;

class Walker {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): SyntaxNode {
    this.#gap();
    return this.#value();
  }

  #value(): SyntaxNode {
    const sign = this.#text[this.#at];
    if (sign === '{') {
      return this.#nested((start) => ({ start, members: this.#members(), items: [], end: this.#at }));
    }
    if (sign === '[') {
      return this.#nested((start) => ({ start, members: [], items: this.#items(), end: this.#at }));
    }
    const start = this.#at;
    this.#scalar();
    return { start, end: this.#at, members: [], items: [] };
  }

  #nested(read: (start: number) => SyntaxNode): SyntaxNode {
    this.#depth += 1;
    if (this.#depth > DEPTH_LIMIT) {
      throw new NestedTooDeeply();
    }
    const node = read(this.#at);
    this.#depth -= 1;
    return node;
  }

  #members(): readonly Member[] {
    return this.#list('}', () => {
      const keyStart = this.#at;
      this.#scalar();
      const key = decodedKey(this.#text.slice(keyStart, this.#at));
      this.#gap();
      this.#skip();
      return { key, keyStart, value: this.#value() };
    });
  }

  #items(): readonly SyntaxNode[] {
    return this.#list(']', () => this.#value());
  }

  /** From the opening bracket to after the closing one; a comma may stand after the last element. */
  #list<T>(close: string, element: () => T): readonly T[] {
    const elements: T[] = [];
    this.#skip();
    while (this.#at < this.#text.length && this.#text[this.#at] !== close) {
      elements.push(element());
      this.#gap();
      if (this.#text[this.#at] === ',') {
        this.#skip();
      }
    }
    this.#at += 1;
    return elements;
  }

  #scalar(): void {
    const quote = this.#text[this.#at];
    if (quote === '"' || quote === "'") {
      this.#quoted(quote);
    } else {
      this.#match(WORD);
    }
  }

  #quoted(quote: string): void {
    this.#at += 1;
    while (this.#at < this.#text.length && this.#text[this.#at] !== quote) {
      this.#at += this.#text[this.#at] === '\\' ? 2 : 1;
    }
    this.#at += 1;
  }

  /** Over one sign and what separates it from the next. */
  #skip(): void {
    this.#at += 1;
    this.#gap();
  }

  #gap(): void {
    this.#match(GAP);
  }

  #match(pattern: RegExp): void {
    pattern.lastIndex = this.#at;
    pattern.test(this.#text);
    this.#at = pattern.lastIndex;
  }
}

/** An escape, also in a bare key, is left to the parser. */
function decodedKey(raw: string): string {
  const isQuoted = raw.startsWith('"') || raw.startsWith("'");
  if (!raw.includes('\\')) {
    return isQuoted ? raw.slice(1, -1) : raw;
  }
  return JSON5.parse<string>(isQuoted ? raw : `"${raw}"`);
}
