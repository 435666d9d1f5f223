import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mdBlock, mdCode, mdText } from '../../../src/render/markdown-escape.ts';
import { MARKDOWN_LIMIT, planMarkdown } from '../../../src/render/plan-markdown.ts';
import {
  accessChange,
  failing,
  optionChange,
  planOf,
  selectedControl,
  someFacts,
} from '../../helpers/plan-builders.ts';

const small = planOf([
  {
    control: selectedControl('icc-disabled', '2.2', { title: 'No icc' }),
    assessments: [failing(optionChange('icc', { breaks: ['db no longer reaches web'], risk: 'medium' }))],
  },
  {
    control: selectedControl('certs', '3.7', { title: 'Certificates' }),
    assessments: [failing(accessChange('/etc/docker/certs.d/a|b.crt'))],
  },
]);

function many(changes: number, risk: 'low' | 'medium'): ReturnType<typeof planOf> {
  return planOf(
    Array.from({ length: changes }, (_, index) => ({
      control: selectedControl(`c-${index}`, `3.${index + 1}`),
      assessments: [
        failing(
          accessChange(`/etc/docker/certs.d/registry-${index}.example.org/client.key`, {
            risk,
            breaks: index === 0 ? ['somebody cannot read it any more'] : [],
          }),
        ),
      ],
    })),
  );
}

describe('a plan for a change review', () => {
  test('says what happens, to whom, and how to go on', () => {
    expect(planMarkdown(small, 'sudo harden apply p.json')).toMatchInlineSnapshot(`
      "<!-- harden:plan host=web-01 profile=cis-docker-1.8.0/L1 -->
      ### harden: 2 changes on web-01, 1 needs a decision

      | | now | after |
      |---|--:|--:|
      | pass | 0 | 2 |
      | to fix | 2 | 0 |
      | waived / manual / not checked / not applicable | 0 / 0 / 0 / 0 | 0 / 0 / 0 / 0 |

      **If applied:** restarts dockerd once; no container is running; starts one throwaway container before and after, and removes it; logs nobody out, needs no reboot, can be undone completely (harden rollback).

      > [!WARNING]
      > **2.2** db no longer reaches web

      | # | change | control | risk | effect |
      |--:|---|---|---|---|
      | 1 | Tighten /etc/docker/certs.d/a\\|b.crt | 3.7 | low | none |
      | 2 | Set icc | 2.2 | **medium** | restart, see the warning |

      <details><summary>Exact differences</summary>

      ~~~diff
      # 1
        /etc/docker/certs.d/a|b.crt
      - mode 0664
      + mode 0644
      # 2
        /etc/docker/daemon.json
      - (icc unset, effective false)
      + "icc": true
      ~~~
      </details>

      Plan \`sha256:62408e345c184012177266014e055dd545c41f5acc0b45f90dcdddc17000ddc6\`, made on the live host, valid until 2026-01-03 03:04 UTC.  
      Chapters 4 to 7 are not looked at by this version.  
      Apply: \`sudo harden apply p.json\`
      "
    `);
  });

  test('of a host with nothing to do is one heading and the counts', () => {
    const text = planMarkdown(planOf([]), 'sudo harden apply');
    expect(text).toContain('### harden: web-01 already matches cis-docker-1.8.0/L1');
    expect(text).not.toContain('If applied');
    expect(text).not.toContain('sudo harden apply');
  });

  test.each([
    [600, 'low'],
    [600, 'medium'],
    [2000, 'low'],
    [2000, 'medium'],
  ] as const)('with %i changes of %s risk stays below the limit, and says what it folded', (changes, risk) => {
    const plan = many(changes, risk);
    const text = planMarkdown(plan, 'sudo harden apply p.json');
    expect(text.length).toBeLessThan(MARKDOWN_LIMIT);
    expect(text).toContain(`${changes} changes on web-01, 1 needs a decision`);
    expect(text).toContain('somebody cannot read it any more');
    expect(text).toContain(plan.digest);
    expect(text).toMatch(/left out, they are too long/);
  });

  test('is the same for the same plan', () => {
    expect(planMarkdown(small, undefined)).toBe(planMarkdown(structuredClone(small), undefined));
  });
});

describe('words of the host', () => {
  const nasty = fc.string({
    unit: fc.constantFrom(
      '`',
      '|',
      '<',
      '>',
      '~',
      '-',
      '@',
      '#',
      '[',
      ']',
      '(',
      '*',
      '_',
      '\n',
      '\u202e',
      'a',
      '1',
      ' ',
      '&',
      '!',
    ),
    maxLength: 30,
  });

  test('bring no markup, no HTML, no mention and no table cell of their own', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const safe = mdText(text).replaceAll('<!-- -->', '');
        expect(safe.replaceAll(/\\./g, '')).not.toMatch(/[<`|*_[\]~\n]/);
        expect(mdText(text)).not.toMatch(/@\w|#\d/);
      }),
    );
  });

  test('cannot end the code they stand in', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const code = mdCode(text);
        const fence = /^`+/.exec(code)?.[0] ?? '';
        expect(code.slice(fence.length, -fence.length)).not.toMatch(new RegExp(`(?<!\`)${fence}(?!\`)`));
        expect(code.replaceAll('\\|', '')).not.toContain('|');
        const block = mdBlock('diff', [text]);
        expect(block[1]).not.toMatch(new RegExp(`^${block[2] ?? ''}`));
      }),
    );
  });

  test('stand in a hidden line without ending it', () => {
    const facts = someFacts();
    const plan = planOf([], { ...facts, identity: { ...facts.identity, hostname: 'a--> <script>x' } });
    const [first] = planMarkdown(plan, undefined).split('\n');
    expect(first).toBe('<!-- harden:plan host=a?-???script?x profile=cis-docker-1.8.0/L1 -->');
  });
});
