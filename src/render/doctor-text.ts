import { type Said, SETTINGS, originText } from '../model/config.ts';
import type { Examined, Soundness } from '../model/doctor.ts';
import { type Colour, type Style, paint, spread, wrap } from './layout.ts';
import { printable } from './printable.ts';

const SIGNS: Readonly<Record<Soundness, readonly [string, Colour]>> = {
  ok: ['ok  ', 'green'],
  note: ['note', 'yellow'],
  trouble: ['!   ', 'red'],
};
const TOPIC_WIDTH = 13;
/** No room for columns. */
const NARROW = 60;

export function doctorText(examined: readonly Examined[], style: Style): string {
  const lines = examined.flatMap(({ topic, state, text, mend }) => {
    const [sign, colour] = SIGNS[state];
    const [first = '', ...rest] = wrap(style, 0, `${sign} ${topic.padEnd(TOPIC_WIDTH)} ${printable(text)}`, 5);
    return [
      paint(style, colour, sign) + first.slice(sign.length),
      ...rest,
      ...(mend === undefined ? [] : wrap(style, 5, `-> ${printable(mend)}`, 8)),
    ];
  });
  return `${lines.join('\n')}\n`;
}

/** Every setting with its value and who said it. */
export function settingsText(said: readonly Said[], style: Style): string {
  const lines = SETTINGS.flatMap(({ key, builtIn }) => {
    const ours = said.filter((one) => one.key === key);
    return ours.length === 0
      ? settingLines(style, key, `(${builtIn})`, 'built-in')
      : ours.flatMap(({ member, value, origin }) =>
          settingLines(
            style,
            member === undefined ? key : `${key}.${member}`,
            typeof value === 'string' ? value : JSON.stringify(value),
            originText(origin),
          ),
        );
  });
  return `${lines.join('\n')}\n`;
}

function settingLines(style: Style, key: string, value: string, origin: string): readonly string[] {
  const name = style.width < NARROW ? `${key}:` : key.padEnd(18);
  return spread(style, `${name} ${printable(value)}`, printable(origin));
}
